"""Masks as files: which objects a file shows, and how masks are written."""
