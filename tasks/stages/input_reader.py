"""How a stage reads the rows its own rows are made from."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from storage.artifact import RowAddress
from storage.objects import ObjectStore
from storage.shards import RowReader

Value = TypeVar("Value")
_REMEMBERED = 32


class InputReader:
    """Reads input rows, keeping what was read last: the rows of a shard often share their inputs."""

    def __init__(self, objects: ObjectStore) -> None:
        self._rows = RowReader(objects)
        self._remembered: OrderedDict[Hashable, Any] = OrderedDict()

    def row(self, address: RowAddress, *columns: str) -> dict[str, Any]:
        """Return some columns of an input row."""
        return self._rows.row(address.shard, address.index, columns)

    def remember(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what `make` gave for `key`, calling it only if that is not among the last few."""
        if key not in self._remembered:
            self._remembered[key] = make()
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        value: Value = self._remembered[key]
        return value
