"""Reads PBM, PGM and PPM files.

Pillow reads them, too, but plain ones and those whose largest value is not 255 pixel by pixel in Python: tens
of seconds for a photograph.
"""

import re

import numpy as np
import numpy.typing as npt
from PIL import Image

from shls_core.errors import ImageError
from shls_core.files.pictures.opened_picture import OpenedPicture, check_num_pixels
from shls_core.files.pictures.sixteen_bits import to_eight_bits

_CORRUPT = "corrupt or truncated image: PBM, PGM, PPM"
_SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
_SIZE = re.compile(rb"P([1-6])" + _SPACE + rb"(\d{1,9})" + _SPACE + rb"(\d{1,9})")
_LARGEST = re.compile(_SPACE + rb"(\d{1,9})")
_LONGEST_HEADER = 4096
_BITMAPS, _COLOURS = b"14", b"36"


def open_portable_map(data: bytes) -> OpenedPicture:
    """Decode a portable bitmap, greymap or pixmap, plain or binary (netpbm, version of 2000)."""
    head = data[:_LONGEST_HEADER]
    found = _SIZE.match(head)
    if found is None:
        raise ImageError(_CORRUPT)
    kind, width, height = found[1], int(found[2]), int(found[3])
    check_num_pixels(height, width)
    if kind in _BITMAPS:
        largest, end = 1, found.end()
    else:
        stated = _LARGEST.match(head, found.end())
        if stated is None or not 0 < int(stated[1]) <= 65535:
            raise ImageError(_CORRUPT)
        largest, end = int(stated[1]), stated.end()
    shape = (height, width, 3) if kind in _COLOURS else (height, width)
    samples: npt.NDArray[np.integer]
    if kind == b"1":
        samples = _plain_bits(data[end:], height * width)
    elif kind == b"4":
        samples = _packed_bits(data[end + 1 :], height, width)
    elif kind in b"23":
        samples = _plain(data[end:], int(np.prod(shape)))
    else:
        samples = _binary(data, end + 1, int(np.prod(shape)), ">u2" if largest > 255 else "u1")
    samples = samples.reshape(shape)
    if largest != 255:
        samples = to_eight_bits(samples, largest)
    return OpenedPicture(Image.fromarray(samples.astype(np.uint8, copy=False)))


def _plain(text: bytes, num_samples: int) -> npt.NDArray[np.int32]:
    # Text that is no number ends the array. With a count, numpy would fill it up with leftover memory.
    samples = np.fromstring(_without_comments(text), np.int32, sep=" ")[:num_samples]
    if len(samples) != num_samples or samples.min() < 0:
        raise ImageError(_CORRUPT)
    return samples


def _plain_bits(text: bytes, num_samples: int) -> npt.NDArray[np.uint8]:
    """Return 1 for white; the digits, 1 for black, may stand without spaces."""
    digits = np.frombuffer(b"".join(_without_comments(text).split()), np.uint8)[:num_samples] - ord("0")
    if len(digits) != num_samples or digits.max() > 1:
        raise ImageError(_CORRUPT)
    return (1 - digits).astype(np.uint8)


def _packed_bits(rows: bytes, height: int, width: int) -> npt.NDArray[np.uint8]:
    row_bytes = -(-width // 8)
    packed = _binary(rows, 0, height * row_bytes, "u1").reshape(height, row_bytes)
    return np.unpackbits(~packed, axis=1, count=width).astype(np.uint8)


def _binary(data: bytes, start: int, num_samples: int, kind: str) -> npt.NDArray[np.unsignedinteger]:
    if len(data) - start < num_samples * np.dtype(kind).itemsize:
        raise ImageError(_CORRUPT)
    return np.frombuffer(data, kind, num_samples, start)


def _without_comments(text: bytes) -> bytes:
    return re.sub(rb"#[^\r\n]*", b"", text) if b"#" in text else text
