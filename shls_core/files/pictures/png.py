"""Opens PNG files: 16 bits, transparent greys of few bits, and colours that are stated in numbers."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from shls_core.errors import ImageError
from shls_core.files.pictures.standard_colours import (
    SRGB_PRIMARIES,
    Primaries,
    matrix_profile,
    profile_of_code_points,
)

_HEADER_BYTES = 8
_DECIDE_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf")
_GREY = 0
_SRGB_GAMMA = 0.45455
_SAME_GAMMA = 0.05
_SAME_CHROMATICITY = 0.002


def chunks_before_pixels(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the chunks before the pixels."""
    at = _HEADER_BYTES
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IDAT":
            return
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def check_sums(data: bytes) -> None:
    """Raise ImageError if a chunk that decides pixels has another checksum than it says.

    Pillow ignores those of the pixels themselves.
    """
    at = _HEADER_BYTES
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if name in _DECIDE_PIXELS:
            if end + 4 > len(data):
                return  # cut: Pillow knows whether pixels are missing
            if zlib.crc32(memoryview(data)[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
                raise ImageError("corrupt or truncated image: PNG")
        elif name == b"IEND":
            return
        at = end + 4


def is_wide(data: bytes) -> bool:
    """Whether samples have 16 bits."""
    return data[24] == 16


def spread_transparency(image: Image.Image, data: bytes) -> None:
    """Bring the transparent grey of a picture of 2 or 4 bits to 8 bits: Pillow spreads the pixels, not it."""
    bits, colour_type = data[24], data[25]
    transparent = image.info.get("transparency")
    if colour_type == _GREY and bits in (2, 4) and isinstance(transparent, int):
        image.info["transparency"] = transparent * 255 // ((1 << bits) - 1)


def profile_of(data: bytes, embedded: bytes | None) -> bytes | None:
    """Return the profile of a PNG's colours: by cICP, iCCP, sRGB, or gAMA and cHRM, whichever comes first.

    That is the order of the PNG specification (third edition, 4.3).

    Parameters
    ----------
    data : bytes
        The file.
    embedded : bytes or None
        Its ICC profile.
    """
    found = dict(reversed(list(chunks_before_pixels(data))))  # of chunks that occur twice the first counts
    code_points = found.get(b"cICP", b"")
    if len(code_points) == 4:
        return profile_of_code_points(code_points[0], code_points[1])
    if embedded or b"sRGB" in found:
        return embedded
    gamma, primaries = _gamma(found.get(b"gAMA", b"")), _primaries(found.get(b"cHRM", b""))
    # As in libpng: a gamma this near is that of sRGB, rounded.
    if primaries is None and (gamma is None or abs(gamma * _SRGB_GAMMA - 1) <= _SAME_GAMMA):
        return None
    try:
        return matrix_profile(primaries or SRGB_PRIMARIES, gamma)
    except ValueError:
        return None


def _gamma(chunk: bytes) -> float | None:
    """Return the exponent that makes samples linear; None for one without meaning."""
    if len(chunk) != 4:
        return None
    stated = struct.unpack(">I", chunk)[0] / 100_000
    return float(1 / stated) if 0.1 <= stated <= 5 else None


def _primaries(chunk: bytes) -> Primaries | None:
    """Return the primaries; None for those of sRGB."""
    if len(chunk) != 32:
        return None
    white, *colours = [(x / 100_000, y / 100_000) for x, y in struct.iter_unpack(">II", chunk)]
    stated: Primaries = (colours[0], colours[1], colours[2], white)
    differences = [
        abs(one - other)
        for pair, same in zip(stated, SRGB_PRIMARIES, strict=True)
        for one, other in zip(pair, same, strict=True)
    ]
    return None if max(differences) <= _SAME_CHROMATICITY else stated
