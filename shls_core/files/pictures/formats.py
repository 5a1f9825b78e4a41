"""Formats of pictures: which files are taken for one, by their names."""

from pathlib import PurePath

PICTURE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        *(".png", ".webp", ".avif", ".gif", ".bmp", ".dib"),
        *(".tif", ".tiff"),
        *(".ppm", ".pgm", ".pbm", ".pnm"),
    }
)
"""Suffixes, in lower case, of the formats that `decode_image` reads."""


def is_picture_name(name: str | PurePath) -> bool:
    """Whether a file of this name is taken for a picture; upper and lower case are the same.

    Examples
    --------
    >>> is_picture_name("00001.JPG"), is_picture_name("notes.txt")
    (True, False)
    """
    return PurePath(name).suffix.lower() in PICTURE_SUFFIXES
