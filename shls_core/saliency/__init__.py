"""Saliency: the foreground of a still image, found without any annotation."""
