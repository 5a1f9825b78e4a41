"""Append-only Delta tables: the ledger of runs, the names of datasets, and questions put to them."""
