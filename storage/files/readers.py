"""How many files are read at the same time: what counts in a bucket is the number of round trips in a row."""

from typing import Final

READERS: Final = 16
"""Of small files: records, keys, commits."""
SHARD_READERS: Final = 8
"""Of shards, which may each be held in memory as a whole."""
