"""The looks of a mask: the values it holds, how many pixels each has, and which of them fill areas."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Integer, UInt8

MOST_LOOKS = 4096
"""A picture with more is no mask; they are not counted any further."""

_SAMPLED = 1 << 18


@dataclass(frozen=True)
class Looks:
    """The values of a mask, ascending.

    Attributes
    ----------
    values : Integer[numpy.ndarray, "N"]
        Indices, grey levels, or colours as 0xRRGGBB.
    counts : Integer[numpy.ndarray, "N"]
        Pixels of each.
    solid : Bool[numpy.ndarray, "N"]
        Whether a value fills 3x3 px somewhere: an area, and not only an edge.
    """

    values: Integer[np.ndarray, "N"]
    counts: Integer[np.ndarray, "N"]
    solid: Bool[np.ndarray, "N"]

    def __contains__(self, value: int) -> bool:
        return bool((self.values == value).any())

    def share(self, value: int) -> float:
        """Return the share of the pixels that have a value."""
        return float(self.counts[self.values == value].sum() / max(1, self.counts.sum()))

    def listed(self) -> list[int]:
        """Return the values as a list."""
        return [int(value) for value in self.values]


def looks_of(values: Integer[np.ndarray, "H W"]) -> Looks | None:
    """Return the looks of a mask, None if there are more than `MOST_LOOKS`.

    Examples
    --------
    >>> looks_of(np.array([[0, 0, 7], [0, 7, 7]], np.uint8)).listed()
    [0, 7]
    """
    found = _counted(values)
    if found is None:
        return None
    present, counts = found
    return Looks(present, counts, np.isin(present, _solid_values(values)))


def _counted(
    values: Integer[np.ndarray, "H W"],
) -> tuple[Integer[np.ndarray, "N"], Integer[np.ndarray, "N"]] | None:
    if values.dtype.itemsize <= 2:
        histogram = np.bincount(values.ravel())
        present = np.flatnonzero(histogram)
        return (present, histogram[present]) if len(present) <= MOST_LOOKS else None
    # Masks have long runs of one value: the starts of runs are few.
    flat = values.ravel()
    if len(flat) > _SAMPLED and len(np.unique(flat[:: len(flat) // _SAMPLED])) > MOST_LOOKS:
        return None
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    present, which = np.unique(flat[starts], return_inverse=True)
    if len(present) > MOST_LOOKS:
        return None
    lengths = np.diff(np.append(starts, len(flat)))
    return present.astype(np.int64), np.bincount(which, lengths).astype(np.int64)


def _solid_values(values: Integer[np.ndarray, "H W"]) -> Integer[np.ndarray, "N"]:
    """Return the values that fill 3x3 px somewhere; all, in a picture too small to hold such an area."""
    height, width = values.shape
    if height < 3 or width < 3:
        return np.unique(values)
    across = (values[:, 1:-1] == values[:, :-2]) & (values[:, 1:-1] == values[:, 2:])
    centre = values[1:-1, 1:-1]
    filled = across[:-2] & across[1:-1] & across[2:]
    filled &= (centre == values[:-2, 1:-1]) & (centre == values[2:, 1:-1])
    return np.unique(centre[filled])


def as_colours(values: Integer[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
    """Return 0xRRGGBB as three channels."""
    wide = values.astype(np.uint32)
    return np.stack([(wide >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)
