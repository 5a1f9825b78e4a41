"""Formats of pictures that are read, and which files are taken for one by their names."""

from pathlib import PurePath

from shls_core.files.file_format import FileFormat, suffixes_read

JPEG = FileFormat(
    "JPEG",
    (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    True,
    "8 bits; grey, RGB, CMYK and YCCK; of an MPO (several pictures in one file) the first",
    rb"\xff\xd8\xff(?!\xf7)",
)
PNG = FileFormat(
    "PNG",
    (".png", ".apng"),
    True,
    "1 to 16 bits, with palette or transparency; of an animation the first picture",
    rb"\x89PNG\r\n\x1a\n",
)
TIFF = FileFormat(
    "TIFF",
    (".tif", ".tiff"),
    True,
    "1 to 8 and 16 bits, also BigTIFF; of several pages the largest; grey, palette, RGB, CMYK, YCbCr; "
    "uncompressed, LZW, Deflate, PackBits, LZMA, Zstandard, up to 8 bits also JPEG, WebP and fax",
    rb"II(?:\*\0|\0\*|\+\0)|MM(?:\0\*|\*\0|\0\+)",
)
HEIC = FileFormat(
    "HEIC",
    (".heic", ".heif", ".hif"),
    True,
    "8, 10 and 12 bits; the primary picture, turned as the file says",
    rb".{4}ftyp(?:.{4}){0,8}?(?:hei[cxms]|hev[cxms])",
)
AVIF = FileFormat(
    "AVIF",
    (".avif",),
    True,
    "8, 10 and 12 bits; of a sequence the first picture",
    rb".{4}ftyp(?:.{4}){0,8}?avi[fs]",
)
WEBP = FileFormat(
    "WebP", (".webp",), True, "lossy and lossless; of an animation the first picture", rb"RIFF.{4}WEBP"
)
GIF = FileFormat("GIF", (".gif",), True, "of an animation the first picture", rb"GIF8[79]a")
BMP = FileFormat(
    "BMP", (".bmp", ".dib"), True, "1 to 32 bits", rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0"
)
PNM = FileFormat(
    "PBM, PGM, PPM",
    (".pbm", ".pgm", ".ppm", ".pnm"),
    True,
    "plain and binary, 1 to 16 bits",
    rb"P[1-6][\s#]",
)

PICTURE_FORMATS = (JPEG, PNG, WEBP, GIF, BMP, PNM, AVIF, HEIC, TIFF)
"""Formats that `decode_image` reads, in the order in which signatures are tried."""

PICTURE_SUFFIXES = suffixes_read(PICTURE_FORMATS)
"""Suffixes, in lower case, of the formats that `decode_image` reads."""


def is_picture_name(name: str | PurePath) -> bool:
    """Whether a file of this name is taken for a picture; upper and lower case are the same.

    Examples
    --------
    >>> is_picture_name("00001.JPG"), is_picture_name("notes.txt")
    (True, False)
    """
    return PurePath(name).suffix.lower() in PICTURE_SUFFIXES
