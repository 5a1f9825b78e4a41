"""Tasks: adapters that take a reference, read, compute, write, and return a reference."""
