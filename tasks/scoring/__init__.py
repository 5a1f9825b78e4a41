"""Segmenting videos with a checkpoint, and scoring the masks."""
