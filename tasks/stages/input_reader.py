"""How a stage reads the rows its own rows are made from."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.objects.objects import ObjectStore
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import RowAddress

Pixels = npt.NDArray[np.uint8]


class PixelMemory:
    """Keeps the pixels used last, up to a number of bytes.

    Parameters
    ----------
    most_bytes
        Memory to spend; the newest entry is kept however large it is.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[Hashable, Pixels] = OrderedDict()
        self._held_bytes = 0

    def remember(self, key: Hashable, make: Callable[[], Pixels]) -> Pixels:
        """Return what `make` gave for `key`, calling it only if that is not held any more.

        The pixels are shared: never write to them.
        """
        if key not in self._held:
            self._held[key] = pixels = make()
            self._held_bytes += pixels.nbytes
            while self._held_bytes > self._most_bytes and len(self._held) > 1:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
        self._held.move_to_end(key)
        return self._held[key]


# One for the process, not for the shard: every photograph is asked for by saliency, as a template, and as a
# source of others, in shards that follow each other. Keys are digests of content: nothing goes stale.
_PIXELS = PixelMemory(256 << 20)


class InputReader:
    """Reads input rows, and remembers pixels that were costly to decode."""

    def __init__(self, objects: ObjectStore, memory: PixelMemory = _PIXELS) -> None:
        self._rows = RowReader(objects)
        self._memory = memory

    def row(self, address: RowAddress, *columns: str) -> dict[str, Any]:
        """Return some columns of an input row."""
        return self._rows.row(address.shard, address.index, columns)

    def remember(self, key: Hashable, make: Callable[[], Pixels]) -> Pixels:
        """Return the pixels that `make` gave for `key`, a digest of all that they are made of."""
        return self._memory.remember(key, make)
