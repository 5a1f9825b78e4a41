"""Checks that a store is what it was written to be: bytes, records, tables, erasures."""
