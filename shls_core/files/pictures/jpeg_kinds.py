"""Kinds of JPEG that are not read: 12 bits, lossless, hierarchical."""

import struct

from shls_core.files.pictures.refused_formats import EXPORT

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LOSSLESS, _HIERARCHICAL = (0xC3, 0xC7, 0xCB, 0xCF), (0xC5, 0xC6, 0xCD, 0xCE)
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def refusal_of_jpeg(data: bytes) -> str | None:
    """Return why a whole JPEG cannot be read, by the marker that begins its frame; None for ordinary ones."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _START_OF_FRAME:
            return _refusal(marker, bits=data[at + 4])
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _refusal(marker: int, bits: int) -> str | None:
    if marker in _LOSSLESS:
        return f"not read: lossless JPEG; {EXPORT}"
    if marker in _HIERARCHICAL:
        return f"not read: hierarchical JPEG; {EXPORT}"
    return None if bits == 8 else f"not read: JPEG of {bits} bits; {EXPORT}"
