"""The files below a store: where they lie, how they are read, written and removed, who is at work."""
