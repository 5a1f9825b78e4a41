"""Audit: check that a store is unchanged, and that its artifacts were made as they state."""
