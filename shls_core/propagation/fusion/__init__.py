"""What is said of superpixels beside the memory, and what all of it says together."""
