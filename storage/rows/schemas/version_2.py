"""The column names of version 2, so that its shards can still be read.

The only sources of version 2 were photographs: ``source_ids`` of the head was ``image_ids``, and
``pasted_ids`` of a pseudo-sequence was ``source_ids``. Nothing else differs. A column that is added to a
stage from now on is not in version 2: leave it out of `in_version_2`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from storage.rows.schemas.stage_schema import StageSchema

_CALLED: Mapping[str, str] = {"source_ids": "image_ids", "pasted_ids": "source_ids"}
"""The name of a column in version 2, by its current name."""
_TODAY = {then: now for now, then in _CALLED.items()}
_ONLY_THEN = "image_ids"


def in_version_2(schema: StageSchema) -> StageSchema:
    """Return the columns that a stage had in version 2."""
    head, notes = (
        tuple(field.with_name(_CALLED.get(field.name, field.name)) for field in fields)
        for fields in (schema.head, schema.notes)
    )
    return replace(schema, head=head, notes=notes)


def is_version_2(schema: pa.Schema) -> bool:
    """Return whether a shard of this schema was written by version 2."""
    return _ONLY_THEN in schema.names


def stored_names(schema: pa.Schema, columns: Sequence[str]) -> list[str]:
    """Return the names of some columns in a shard of this schema."""
    return [_CALLED.get(column, column) for column in columns] if is_version_2(schema) else list(columns)


def renamed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return columns of a shard of this schema under their current names."""
    if not is_version_2(schema):
        return table
    return table.rename_columns([_TODAY.get(column, column) for column in table.column_names])


def as_stored(row: Mapping[str, Any], schema: pa.Schema) -> Mapping[str, Any]:
    """Return a row with current names under the names in a shard of this schema."""
    return dict(zip(stored_names(schema, list(row)), row.values(), strict=True))
