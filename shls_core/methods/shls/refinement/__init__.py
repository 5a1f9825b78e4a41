"""Segmentation refinement: from the coarse mask of superpixels to the mask of pixels."""
