"""Encoding of one map of labels as the bytes of one Parquet value.

Each value is compressed separately (zstd), so that one row can be read without its neighbours; the columns
with such values are stored uncompressed.
"""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Label = TypeVar("Label", np.uint8, np.uint16)

_ZSTD = pa.Codec("zstd", compression_level=1)


def encode_map(labels: npt.NDArray[Any]) -> bytes:
    """Compress a map (H, W) of unsigned integers, little-endian, row by row."""
    contiguous = np.ascontiguousarray(labels, dtype=labels.dtype.newbyteorder("<"))
    compressed: bytes = _ZSTD.compress(contiguous.tobytes(), asbytes=True)
    return compressed


def decode_map(data: bytes | memoryview, height: int, width: int, label: type[Label]) -> npt.NDArray[Label]:
    """Return the map (H, W) that `encode_map` compressed, as values of type `label`."""
    stored = np.dtype(label).newbyteorder("<")
    raw = _ZSTD.decompress(data, decompressed_size=height * width * stored.itemsize)
    return np.frombuffer(raw, dtype=stored).reshape(height, width).astype(label, copy=False)
