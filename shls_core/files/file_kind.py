"""What a file is, by its name and its first bytes: a film and a sidecar are never read whole."""

from pathlib import PurePath
from typing import Literal

FileKind = Literal["picture", "video", "sidecar", "text", "unknown"]
"""A text is a sidecar only where a picture of its name lies beside it."""

HEAD_BYTES = 1024
"""First bytes of a file that are looked at."""

_VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".f4v", ".insv", ".lrv"),
        *(".mkv", ".webm", ".avi", ".divx", ".flv", ".wmv", ".asf", ".ogv"),
        *(".mpg", ".mpeg", ".mpe", ".m2v", ".vob", ".mts", ".m2ts", ".mxf", ".dv"),
    }
)
_SIDECAR_SUFFIXES = frozenset(
    {
        *(".aae", ".xmp", ".xml", ".json", ".yaml", ".yml", ".csv", ".tsv", ".ini", ".gpx", ".kml"),
        *(".pp3", ".dop", ".cos", ".vrd", ".nksc", ".on1"),  # settings of raw converters
    }
)
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".rtf", ".htm", ".html", ".log"})
_THUMBNAIL_OF_A_VIDEO = ".thm"  # a JPEG, but no photograph
_PICTURE_BRANDS = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
    | {b"mif1", b"mif2", b"msf1", b"miaf"}
    | {b"crx "}  # raw files of Canon
)
_SOUND_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"pnot"})
_SIGNATURES_OF_VIDEOS = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG programme stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01",  # MXF
    b"FLV\x01",
)
_SIGNATURES_OF_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
_SYNC, _PACKETS = 0x47, ((0, 188), (4, 192))  # MPEG transport streams, without and with times


def kind_of_file(name: str | PurePath, head: bytes) -> FileKind:
    r"""Return what a file is; its bytes matter more than its name.

    Parameters
    ----------
    name
        Its name.
    head
        Its first `HEAD_BYTES`, or all if it has fewer.

    Examples
    --------
    >>> kind_of_file("IMG_1.jpg", b"\xff\xd8\xff"), kind_of_file("IMG_1.MOV", b"")
    ('picture', 'video')
    """
    suffix = PurePath(name).suffix.lower()
    if suffix == _THUMBNAIL_OF_A_VIDEO:
        return "sidecar"
    by_content = _kind_of_content(head)
    if by_content:
        return by_content
    if suffix in _VIDEO_SUFFIXES:
        return "video"
    if suffix in _TEXT_SUFFIXES:
        return "text"
    return "sidecar" if suffix in _SIDECAR_SUFFIXES else "unknown"


def _kind_of_content(head: bytes) -> FileKind | None:
    """Return the kind of a file by its signature; None if it has none of those known here."""
    box, brand = head[4:8], head[8:12]
    if head.startswith(_SIGNATURES_OF_PICTURES) or (head[:4] == b"RIFF" and brand == b"WEBP"):
        return "picture"
    if box == b"ftyp":
        if brand in _PICTURE_BRANDS:
            return "picture"
        return "unknown" if brand in _SOUND_BRANDS else "video"
    if head.startswith(_SIGNATURES_OF_VIDEOS) or box in _QUICKTIME_ATOMS:
        return "video"
    if head[:4] == b"RIFF" and brand == b"AVI ":
        return "video"
    return "video" if any(_has_packets(head, *place) for place in _PACKETS) else None


def _has_packets(head: bytes, first: int, size: int) -> bool:
    """Whether a transport stream's mark stands at the beginning of each of some packets."""
    marks = head[first::size][:4]
    return len(marks) == 4 and all(mark == _SYNC for mark in marks)
