"""Checkpoints in use: loading, listing, import and export, the one that comes with the project."""
