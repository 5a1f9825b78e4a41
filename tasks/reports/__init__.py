"""Pages of results: one HTML file each, which opens anywhere, offline, and loads nothing else."""
