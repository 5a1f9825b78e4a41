"""Lineage: what made a thing, and what descends from a photograph."""
