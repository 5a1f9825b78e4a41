"""What only the bytes of a file say, not its pixels: whether it is whole, and whether it keeps values."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image, TiffImagePlugin

_PNG = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG_IN_TIFF = (6, 7)
_FOREIGN = (
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP image"),
    (0, b"%PDF", "a PDF"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"PK\x03\x04", "a zip file"),
    (0, b"{", "JSON, as of polygons"),
    (0, b"[", "JSON, as of polygons"),
    (0, b"<", "XML, as of SVG or polygons"),
    (4, b"ftypheic", "HEIC, which changes values"),
    (4, b"ftypmif1", "HEIF, which changes values"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (4, b"jP  ", "JPEG 2000"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
)
_COMPRESSION = 259


def foreign_name(data: bytes) -> str:
    """Return what a file is that no reader of masks knows."""
    if not data:
        return "an empty file"
    names = (name for start, mark, name in _FOREIGN if data[start:].startswith(mark))
    return next(names, "a file that is none, or is damaged")


def damaged_chunk(data: bytes) -> str | None:
    """Return the name of the first PNG chunk whose checksum is wrong, None if there is none.

    Pillow does not look at the checksums of pixels, and a flipped bit may still decompress.
    """
    if not data.startswith(_PNG):
        return None
    for start, name, length in _chunks(data):
        end = start + 8 + length
        checksum = int.from_bytes(data[end : end + 4], "big")
        if name in _CRITICAL and (end + 4 > len(data) or zlib.crc32(data[start + 4 : end]) != checksum):
            return name.decode("ascii")
    return None


def _chunks(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    start = len(_PNG)
    while start + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, start)
        yield start, name, length
        if name == b"IEND":
            return
        start += 12 + length


def lossy_format(image: Image.Image, data: bytes) -> str | None:
    """Return the name of a format that does not keep values as they were drawn, None if it does."""
    if image.format in ("JPEG", "MPO"):
        return "JPEG"
    if image.format == "AVIF":
        return "AVIF"
    if image.format == "WEBP":
        return None if _is_lossless_webp(data) else "lossy WebP"
    if isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(_COMPRESSION) in _JPEG_IN_TIFF:
        return "TIFF with JPEG compression"
    return None


def _is_lossless_webp(data: bytes) -> bool:
    start = 12
    while start + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, start)
        if name in (b"VP8L", b"VP8 "):
            return bool(name == b"VP8L")
        start += 8 + length + length % 2
    return False
