"""SHLS: superfeatures, memory clustering, refinement."""
