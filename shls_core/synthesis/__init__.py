"""Pseudo-sequences: short annotated videos composed from still images and their pseudo-masks."""
