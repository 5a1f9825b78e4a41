"""Momentum memory: features that reconstruct the colours of a frame from other frames (Zhu et al., 2020)."""
