"""Rows of stages in Parquet shards: their schemas, how they are written, read and drawn in batches."""
