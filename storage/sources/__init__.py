"""Photographs and videos where they lie in a bucket, and the index of what was read of them."""
