"""Rows of stages in Parquet shards: schemas, encoding, reading, and drawing in batches."""
