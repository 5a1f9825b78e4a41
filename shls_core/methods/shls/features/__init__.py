"""Superpixels pooled to superfeatures."""
