"""Numbers of parallel readers: in a bucket, the number of sequential round trips determines the time."""

from typing import Final

READERS: Final = 16
"""For small files: records, keys, commits."""
SHARD_READERS: Final = 8
"""For shards: each may be in memory as a whole."""
