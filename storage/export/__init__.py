"""Export a dataset: for other loaders, or as a store with one dataset."""
