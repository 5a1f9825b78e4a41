"""Whether a HEIC file is whole: where its items lie, by its box ``iloc`` (ISO/IEC 14496-12, 8.11.3)."""

import struct
from collections.abc import Iterator
from itertools import islice

_IN_FILE = 0

# libheif allows 1000 items. Extents whose numbers have no bytes could go on for ever.
_MOST_EXTENTS = 50_000


def ends_early(data: bytes) -> bool:
    """Whether an item of the file lies beyond its end; False, too, if its boxes cannot be followed.

    libheif decodes what it finds of a picture in tiles, and says nothing of the others.
    """
    try:
        meta = next(_boxes(data, 0, len(data), b"meta"))
        iloc = next(_boxes(data, meta[0] + 4, meta[1], b"iloc"))
        return max(islice(_ends(data, iloc[0]), _MOST_EXTENTS), default=0) > len(data)
    except (StopIteration, struct.error):
        return False


def _boxes(data: bytes, at: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the contents of boxes of a kind begin and end."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        following = at + size if size else end
        if following < start:
            return
        if kind == wanted:
            yield start, following
        at = following


def _ends(data: bytes, at: int) -> Iterator[int]:
    """Yield where every extent of every item ends."""
    version = data[at]
    sizes, more = struct.unpack_from(">BB", data, at + 4)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version in (1, 2) else 0
    reader = _Numbers(data, at + 6)
    wide = 4 if version == 2 else 2
    for _ in range(reader.next(wide)):
        reader.next(wide)
        method = reader.next(2) & 15 if version in (1, 2) else _IN_FILE
        reader.next(2)
        base = reader.next(base_size)
        for _ in range(reader.next(2)):
            reader.next(index_size)
            offset, length = reader.next(offset_size), reader.next(length_size)
            yield base + offset + length if method == _IN_FILE else 0


class _Numbers:
    """Reads numbers of several sizes, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def next(self, size: int) -> int:
        if self._at + size > len(self._data):
            raise struct.error("expected more bytes")
        number = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return number
