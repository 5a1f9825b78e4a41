"""Clips of videos: changes between frames, cuts, pieces without a cut, what moves in them."""
