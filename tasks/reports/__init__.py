"""Pages that tell what came out: one file each, which opens anywhere, offline, and asks for nothing."""
