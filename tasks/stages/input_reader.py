"""How a stage reads its input rows."""

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
    """A cache of the pixels used last, up to a number of bytes.

    Parameters
    ----------
    most_bytes
        Size of the cache; the newest entry is kept even if it is larger.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[Hashable, Pixels] = OrderedDict()
        self._held_bytes = 0

    def remember(self, key: Hashable, make: Callable[[], Pixels]) -> Pixels:
        """Return what `make` gives for `key`; it is called only if the cache has no entry.

        The pixels are shared: never write to them.
        """
        if key not in self._held:
            self._held[key] = pixels = make()
            self._held_bytes += pixels.nbytes
            while self._held_bytes > self._most_bytes and len(self._held) > 1:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
        self._held.move_to_end(key)
        return self._held[key]


# One cache per process, not per shard: shards that follow each other read the same photographs, for saliency,
# as templates and as sources of others. Keys are digests of content: no entry goes stale.
_PIXELS = PixelMemory(256 << 20)


class InputReader:
    """Reads input rows, and caches pixels that are costly to decode."""

    def __init__(self, objects: ObjectStore, memory: PixelMemory = _PIXELS) -> None:
        self._objects = objects
        self._rows = RowReader(objects)
        self._memory = memory

    def row(self, address: RowAddress, *columns: str) -> dict[str, Any]:
        """Return some columns of an input row."""
        return self._rows.row(address.shard, address.index, columns)

    def object(self, digest: str) -> bytes:
        """Return an object that is no row: weights, for example."""
        return self._objects.get(digest)

    def remember(self, key: Hashable, make: Callable[[], Pixels]) -> Pixels:
        """Return the pixels that `make` gives for `key`, a digest of everything they are made from."""
        return self._memory.remember(key, make)
