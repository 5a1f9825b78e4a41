"""`shls lineage`: what a thing was made from, and what was made from a photograph."""
