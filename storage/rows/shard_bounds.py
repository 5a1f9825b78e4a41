"""Bounds of what reading a shard may cost, checked from its footer before any value is decoded.

A Parquet file of a few kB can say that it holds 30 million rows, or a value of a gigabyte. Shards of this
project hold neither: their row groups have 16 rows, and nothing is encoded by reference (docs/format.md).
"""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from storage.rows.shard_encoding import ROW_GROUP_ROWS

_ENCODINGS = frozenset({"PLAIN", "RLE"})
_MOST_VALUES = 1 << 20
"""In one column of one row group: lists of frames or of ids."""
_EXPANDED_BYTES = 64 << 20
"""To which the compressed values of one column of one row group may grow: ids, recipes, numbers."""


def check_row_groups(footer: pq.FileMetaData) -> None:
    """Check that every row group has as many rows as the format says.

    Raises
    ------
    pyarrow.ArrowInvalid
        If one has more, or one that is not the last has fewer.
    """
    last = footer.num_row_groups - 1
    for number in range(footer.num_row_groups):
        rows = footer.row_group(number).num_rows
        if rows != ROW_GROUP_ROWS and not (number == last and 0 <= rows < ROW_GROUP_ROWS):
            raise pa.ArrowInvalid(f"its row group {number} has {rows} rows instead of {ROW_GROUP_ROWS}")


def check_columns(
    footer: pq.FileMetaData, file_bytes: int, columns: Iterable[str] | None = None, group: int | None = None
) -> None:
    """Check that reading some columns takes memory in proportion to the file.

    Parameters
    ----------
    footer
        Of the shard.
    file_bytes
        Its size.
    columns
        Names of the columns that are to be read; None for all.
    group
        Number of the row group that is to be read; None for all.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a column holds more values, or grows to more bytes, than the format allows.
    """
    wanted = None if columns is None else frozenset(columns)
    paths = [footer.schema.column(number).path.split(".")[0] for number in range(footer.num_columns)]
    numbers = [number for number, path in enumerate(paths) if wanted is None or path in wanted]
    for each in range(footer.num_row_groups) if group is None else (group,):
        row_group = footer.row_group(each)
        for number in numbers:
            chunk = row_group.column(number)
            if not _ENCODINGS.issuperset(chunk.encodings):
                raise pa.ArrowInvalid(
                    f"its column {paths[number]} is encoded as {', '.join(chunk.encodings)}"
                )
            is_packed = chunk.compression == "UNCOMPRESSED"
            most = file_bytes if is_packed else _EXPANDED_BYTES
            if chunk.total_uncompressed_size > most:
                raise pa.ArrowInvalid(
                    f"its column {paths[number]} grows to {chunk.total_uncompressed_size} bytes, "
                    f"more than the {most} it may have"
                )
            if chunk.num_values > _MOST_VALUES:
                raise pa.ArrowInvalid(
                    f"its column {paths[number]} says {chunk.num_values} values in one row group"
                )
