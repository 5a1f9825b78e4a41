"""Memory clustering: what is remembered of the objects of one video."""
