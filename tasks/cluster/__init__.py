"""The workers of a Ray cluster: what they are, and whether a node has the code that rows are keyed by."""
