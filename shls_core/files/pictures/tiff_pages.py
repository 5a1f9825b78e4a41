"""The directories of a TIFF: which page is the photograph, and whether the file is camera raw."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shls_core.errors import ImageError
from shls_core.files.pictures.refused_formats import RAW_BY_TAGS

CORRUPT = "corrupt or truncated image: TIFF"

_SUBFILE_TYPE, _WIDTH, _LENGTH, _BITS, _PHOTOMETRIC = 254, 256, 257, 258, 262
_SUB_DIRECTORIES, _PROFILE, _DNG_VERSION = 330, 34675, 50706
_REDUCED, _MASK = 1, 4
_COLOUR_FILTER_ARRAY, _LINEAR_RAW = 32803, 34892

# Types of values that are whole numbers, or bytes: size in bytes and letter of struct. Others are not needed.
_NUMBERS = {1: (1, "B"), 3: (2, "H"), 4: (4, "I"), 7: (1, "B"), 13: (4, "I"), 16: (8, "Q"), 18: (8, "Q")}
_NEEDED = frozenset(
    {*range(254, 260), 262, 266, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338, 339}
) | {_PROFILE, _DNG_VERSION}

# More are no photograph; every one costs time.
_MAX_DIRECTORIES = 1000
_MAX_VALUES = 1 << 22


@dataclass(frozen=True)
class TiffPage:
    """One directory.

    Attributes
    ----------
    offset : int
        Where it is in the file.
    tags : mapping of int to sequence of int
        Those of its tags that are needed to read it and hold whole numbers or bytes.
    byte_order : str
        ``<`` or ``>``.
    """

    offset: int
    tags: Mapping[int, Sequence[int]]
    byte_order: str

    def number(self, tag: int, otherwise: int) -> int:
        """Return the first value of a tag."""
        values = self.tags.get(tag, ())
        return values[0] if values else otherwise

    @property
    def height(self) -> int:
        """Rows of pixels, as they are stored."""
        return self.number(_LENGTH, 0)

    @property
    def width(self) -> int:
        """Columns of pixels, as they are stored."""
        return self.number(_WIDTH, 0)

    @property
    def bits(self) -> int:
        """Bits of the largest sample."""
        return max(self.tags.get(_BITS, (1,)))

    @property
    def kind(self) -> int:
        """Number of subfile type: bit 0 for a reduced copy, bit 2 for a mask."""
        return self.number(_SUBFILE_TYPE, 0)

    @property
    def profile(self) -> bytes | None:
        """Its ICC profile."""
        return bytes(self.tags.get(_PROFILE, ())) or None

    @property
    def is_raw(self) -> bool:
        """Whether its samples are those of a camera's sensor."""
        raw = self.number(_PHOTOMETRIC, 0) in (_COLOUR_FILTER_ARRAY, _LINEAR_RAW)
        return raw or _DNG_VERSION in self.tags


def photograph_page(data: bytes) -> TiffPage:
    """Return the page that is the photograph.

    It is the largest that is no reduced copy and no mask, the first of equals.

    Raises
    ------
    ImageError
        If the file is camera raw, whose TIFF pages are previews, or has no readable page.
    """
    layout = _Layout(data)
    pages, below = layout.chain(layout.first), []
    for page in pages:
        for offset in page.tags.get(_SUB_DIRECTORIES, ()):
            below += layout.chain(offset)
    if any(page.is_raw for page in (*pages, *below)):
        raise ImageError(f"not read: {RAW_BY_TAGS.name}; {RAW_BY_TAGS.note}")
    whole = [page for page in pages if not page.kind & (_REDUCED | _MASK)]
    sized = [page for page in whole or pages if page.height and page.width]
    if not sized:
        raise ImageError(CORRUPT)
    return max(sized, key=lambda page: page.height * page.width)


def starting_at(data: bytes, page: TiffPage) -> bytes:
    """Return the file with a page as its first one."""
    layout = _Layout(data)
    return data if layout.first == page.offset else layout.with_first(page.offset)


class _Layout:
    """Sizes of a file's fields: of TIFF, or of BigTIFF."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self._big = 43 in data[2:4]
        self._seen: set[int] = set()
        self._num_values = 0
        # Where the offset of the first directory is; letters of a directory's count, and of an offset.
        self._first_at, self._count, self._offset = (8, "Q", "Q") if self._big else (4, "H", "I")

    @property
    def first(self) -> int:
        return self._unpack(self._offset, self._first_at)[0]

    def with_first(self, offset: int) -> bytes:
        field = struct.pack(self.order + self._offset, offset)
        return self._data[: self._first_at] + field + self._data[self._first_at + len(field) :]

    def chain(self, offset: int) -> list[TiffPage]:
        """Return the directory at an offset and those that follow, up to one that was seen before."""
        pages = []
        while offset and offset not in self._seen:
            self._seen.add(offset)
            if len(self._seen) > _MAX_DIRECTORIES:
                raise ImageError(f"too large: more than {_MAX_DIRECTORIES} pages")
            page, offset = self._directory(offset)
            pages.append(page)
        return pages

    def _directory(self, offset: int) -> tuple[TiffPage, int]:
        (num_entries,) = self._unpack(self._count, offset)
        entry_bytes = 20 if self._big else 12
        at = offset + struct.calcsize(self.order + self._count)
        tags: dict[int, Sequence[int]] = {}
        for entry in range(at, at + num_entries * entry_bytes, entry_bytes):
            tag, kind = self._unpack("HH", entry)
            if tag in _NEEDED and kind in _NUMBERS:
                tags.setdefault(tag, self._values(entry + 4, *_NUMBERS[kind]))
        (following,) = self._unpack(self._offset, at + num_entries * entry_bytes)
        return TiffPage(offset, tags, self.order), following

    def _values(self, at: int, size: int, letter: str) -> Sequence[int]:
        (num_values,) = self._unpack(self._offset, at)
        field = at + struct.calcsize(self.order + self._offset)
        if num_values * size > (8 if self._big else 4):
            (field,) = self._unpack(self._offset, field)
        self._num_values += num_values
        if self._num_values > _MAX_VALUES:
            raise ImageError(CORRUPT)
        return self._unpack(f"{num_values}{letter}", field)

    def _unpack(self, letters: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + letters, self._data, at)
        except (struct.error, OverflowError) as error:
            raise ImageError(CORRUPT) from error
