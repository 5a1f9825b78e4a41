"""Deterministic encoding of rows as a Parquet shard: equal rows always give equal bytes."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 16
"""Rows that are read together: few, so that one row can be read without many others."""

_PAGE_BYTES = 1 << 30
"""More than any row group has: every column of it is one page, so the position of a value follows from the
lengths of those before it (see storage/rows/packed_values.py)."""


def encode_shard(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the Parquet bytes of `rows`, sorted by sample id; equal rows give equal bytes.

    The schema is an argument: a new stage or column changes no byte of another stage. Columns of bytes are
    already compressed, so Parquet does not compress them again.

    Every option that affects the file is set explicitly, so that a changed default changes nothing here.
    Page checksums are written: without them, a flipped byte is not detected.
    """
    ordered = sorted(rows, key=lambda row: str(row["sample_id"]))
    table = pa.Table.from_pylist(ordered, schema=schema)
    packed = uncompressed(schema)
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        version="2.6",
        data_page_version="1.0",
        row_group_size=ROW_GROUP_ROWS,
        data_page_size=_PAGE_BYTES,
        compression={
            path: "NONE" if path.split(".")[0] in packed else "ZSTD" for path in _leaf_paths(schema)
        },
        use_dictionary=False,
        write_statistics=["sample_id"],
        write_page_checksum=True,
        store_schema=True,
    )
    return buffer.getvalue()


def uncompressed(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns whose values are already compressed: those of bytes."""
    return tuple(field.name for field in schema if field.type in (pa.binary(), pa.list_(pa.binary())))


def _leaf_paths(schema: pa.Schema) -> list[str]:
    return [f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name for field in schema]
