"""Training by several workers that share the batches, launched by Ray Train."""
