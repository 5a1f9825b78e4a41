"""A dataset for users of other loaders, and a store with one dataset in it."""
