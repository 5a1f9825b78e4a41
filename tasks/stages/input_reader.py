"""How a stage reads the rows its own rows are made from."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from shls_core.crops import Box, crop
from shls_core.images import decode_image
from storage.artifact import RowAddress
from storage.objects import ObjectStore
from storage.shards import RowReader

_PHOTOGRAPHS_IN_MEMORY = 32


class InputReader:
    """Reads input rows, keeping what was read last: the rows of a shard often share their inputs."""

    def __init__(self, objects: ObjectStore) -> None:
        self._rows = RowReader(objects)
        self._photograph = functools.lru_cache(_PHOTOGRAPHS_IN_MEMORY)(self._decode)

    def row(self, address: RowAddress, *columns: str) -> dict[str, Any]:
        """Return some columns of an input row."""
        return self._rows.row(address.shard, address.index, columns)

    def photograph(self, address: RowAddress, max_side: int, box: Box) -> npt.NDArray[np.uint8]:
        """Return the pixels (h, w, 3) of the part of a photograph inside `box`."""
        return crop(self._photograph(address, max_side), box)

    def _decode(self, address: RowAddress, max_side: int) -> npt.NDArray[np.uint8]:
        return decode_image(self.row(address, "image")["image"], max_side)
