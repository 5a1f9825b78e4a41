"""Photographs and videos that must no longer be used: the deny list and erasure."""
