"""Integrity checks of a store: bytes, records, tables, erasures."""
