"""Superpixels: every frame as a few hundred compact regions of similar colour."""
