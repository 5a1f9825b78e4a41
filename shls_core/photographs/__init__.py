"""Photographs: cropping, near-duplicates, the split into training and held-out."""
