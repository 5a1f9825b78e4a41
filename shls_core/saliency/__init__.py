"""Saliency: what of a still image is foreground, found without any annotation."""
