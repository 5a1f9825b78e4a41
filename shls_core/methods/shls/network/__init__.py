"""The network that turns frames and superpixel maps into superfeatures."""
