"""Immutable objects by digest, the index of results by the key of the work, saved training states."""
