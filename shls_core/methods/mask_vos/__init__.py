"""Mask-VOS: pseudo-masks of clusters, and a branch that embeds masks (Li et al., 2023)."""
