"""Arrow arrays, scalars and tables from Python values, without pandas.

`pyarrow.array` and similar functions import pandas, only to check whether a value is one of pandas': this
takes half a second, which is half the time of a query on a small store.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def strings(values: Iterable[str | None]) -> pa.StringArray:
    """Return strings, or nulls, as an Arrow array."""
    every = list(values)
    encoded = [b"" if value is None else value.encode() for value in every]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    is_valid = _bits(np.array([value is not None for value in every], np.bool_))
    data = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(every), pa.py_buffer(ends), data, is_valid)


def string(value: str) -> pa.StringScalar:
    """Return one string as an Arrow scalar."""
    return strings([value])[0]


def integers(values: npt.NDArray[np.int64], is_valid: npt.NDArray[np.bool_] | None = None) -> pa.Int64Array:
    """Return numbers as an Arrow array, with nulls where they are not valid."""
    validity = None if is_valid is None else _bits(is_valid)
    numbers = pa.py_buffer(np.ascontiguousarray(values, np.int64))
    return pa.Array.from_buffers(pa.int64(), len(values), [validity, numbers])


def booleans(values: npt.NDArray[np.bool_]) -> pa.BooleanArray:
    """Return truth values as an Arrow array."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def no_rows(schema: pa.Schema) -> pa.Table:
    """Return a table without rows."""
    return pa.Table.from_batches([], schema=schema)


def _bits(values: npt.NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))
