"""Memory clustering: the memory of the objects of one video."""
