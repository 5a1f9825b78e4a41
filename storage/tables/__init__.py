"""Append-only Delta tables: the ledger of runs, the names of datasets, and queries on them."""
