"""Finds out whether the end of a file is missing: containers state how long their parts are."""

from collections.abc import Iterator
from typing import BinaryIO

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
MP4_FIRST = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""Names of the boxes that an MP4 or MOV begins with, after the four bytes of their length."""
_MOST_PARTS = 10_000


def is_cut_off(file: BinaryIO, size: int) -> bool:
    """Whether an MP4, MOV, AVI, Matroska or WebM file states parts beyond its `size` in bytes.

    Files that state no length (live recordings, transport streams) are never cut off.
    """
    file.seek(0)
    start = file.read(12)
    if start[:4] == b"RIFF":
        parts = _riff_parts(file, size)
    elif start[4:8] in MP4_FIRST:
        parts = _mp4_parts(file, size)
    elif int.from_bytes(start[:4]) == _EBML:
        parts = _ebml_parts(file, size)
    else:
        return False
    return any(end > size for end in parts)


def _riff_parts(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield where each RIFF of an AVI ends."""
    at = 0
    for _ in range(_MOST_PARTS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or header[:4] != b"RIFF":
            return
        at += 8 + int.from_bytes(header[4:], "little")
        yield at


def _mp4_parts(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield where each box of the first level ends."""
    at = 0
    for _ in range(_MOST_PARTS):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8 or not header[4:8].isalnum():
            return
        length = int.from_bytes(header[:4])
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:])
        if length < 8:  # 0: to the end of the file
            return
        at += length
        yield at


def _ebml_parts(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield where the header and the segment end."""
    at = 0
    for expected in (_EBML, _SEGMENT):
        file.seek(at)
        header = file.read(12)
        if len(header) < 5 or int.from_bytes(header[:4]) != expected or not header[4]:
            return
        width = 9 - header[4].bit_length()
        length = int.from_bytes(header[4 : 4 + width]) & ((1 << 7 * width) - 1)
        if len(header) < 4 + width or length == (1 << 7 * width) - 1:  # unknown: a live recording
            return
        at += 4 + width + length
        yield at
