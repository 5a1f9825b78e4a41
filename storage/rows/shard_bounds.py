"""Bounds of what reading a shard may cost, checked from its footer before any value is decoded.

A Parquet file of a few kB can say that it holds 30 million rows, or a value of a gigabyte. Shards of this
project hold neither: their row groups have 16 rows, and columns of bytes are not compressed (docs/format.md).
"""

import pyarrow as pa
import pyarrow.parquet as pq

from storage.rows.shard_encoding import ROW_GROUP_ROWS

_MOST_GROWTH = 8
_FREE_BYTES = 64 << 20
"""Ids, recipes and numbers are compressed: a shard may grow to this many bytes, or by that factor."""


def check_bounds(footer: pq.FileMetaData, file_bytes: int) -> None:
    """Check that a shard has row groups as the format says, and takes memory in proportion to its size.

    Nothing is asked about single columns: pyarrow aborts the process where a damaged footer describes one as
    it cannot be.

    Raises
    ------
    pyarrow.ArrowInvalid
    """
    grown, last = 0, footer.num_row_groups - 1
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        if group.num_rows != ROW_GROUP_ROWS and not (number == last and 0 <= group.num_rows < ROW_GROUP_ROWS):
            raise pa.ArrowInvalid(
                f"its row group {number} has {group.num_rows} rows instead of {ROW_GROUP_ROWS}"
            )
        grown += max(group.total_byte_size, 0)
    if grown > _MOST_GROWTH * file_bytes + _FREE_BYTES:
        raise pa.ArrowInvalid(f"its {file_bytes} bytes grow to {grown} when they are read")
