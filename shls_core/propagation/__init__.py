"""From the mask of the first frame to masks of every frame of a video."""
