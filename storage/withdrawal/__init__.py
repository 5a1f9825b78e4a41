"""Photographs and videos that must not be used any more: the deny list and erasure."""
