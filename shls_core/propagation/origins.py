"""Where objects come from: the frames at which their masks were given."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The frame at which an object was first given, and the frames at which it was given again."""

    start: int
    again: tuple[int, ...] = ()


def add_origins(origins: dict[int, Origin], labels: Collection[int], number: int) -> None:
    """Record that the objects with these labels are given at frame `number`."""
    for label in labels:
        known = origins.get(label)
        origins[label] = Origin(number) if known is None else Origin(known.start, (*known.again, number))
