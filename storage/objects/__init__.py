"""Immutable objects by their digests, the index of what was made of what, saved training states."""
