"""Audit: whether a store is still what it was, and whether what is in it was made as it says."""
