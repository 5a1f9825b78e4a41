"""Files of pictures that are given as videos: animations (GIF, WebP, PNG, AVIF), and single pictures."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from shls_core.errors import InputError, SampleError
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.formats import MAX_FRAME_PIXELS
from shls_core.files.videos.frame import Frame
from shls_core.files.videos.numbering import Numbering, Shown
from shls_core.files.videos.opening import regular_file

_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_WEAK_SIGNATURES = (b"BM", *(b"P%d" % kind for kind in range(1, 7)))
_BRANDS = (b"avif", b"avis", b"mif1", b"heic", b"heix")
_FILMS_OF_JPEGS = (".mjpeg", ".mjpg")
_MOST_ERRORS_IN_A_ROW = 100


def is_picture_file(path: Path) -> bool:
    """Whether a file is a picture or an animation, by its first bytes, and its name where they are few."""
    with regular_file(path) as file:
        start = file.read(16)
    if start.startswith(b"\xff\xd8\xff") and path.suffix.lower() in _FILMS_OF_JPEGS:
        return False
    return (
        start.startswith(_SIGNATURES)
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
        or (start[4:8] == b"ftyp" and start[8:12] in _BRANDS)
        or (is_picture_name(path) and start.startswith(_WEAK_SIGNATURES))
    )


def num_pictures(path: Path) -> int:
    """Return how many pictures of one series a file holds: 1, or more for animations and pages of a TIFF.

    The second picture of an MPO (for the other eye) and previews in a TIFF are not of the series. A file that
    cannot be read counts as one picture: reading it says why.
    """
    try:
        with _opened(path) as image:
            number = int(getattr(image, "n_frames", 1))
            if number > 1 and image.format == "TIFF":
                size = image.size
                image.seek(1)
                return number if image.size == size else 1
            if image.format not in _ANIMATED:
                return 1
            # A PNG may show another picture where it is not animated.
            return number - 1 if number > 1 and image.info.get("default_image") else number
    except InputError:
        raise
    except Exception:  # each format of Pillow raises other errors
        return 1


def picture_frames(path: Path, findings: Findings) -> Iterator[Frame]:
    """Yield the frames of an animation, or the single one of a picture.

    Raises
    ------
    InputError
        If it cannot be read, or is a TIFF of several pages.
    """
    number = num_pictures(path)
    if number == 1:
        yield _single(path)
        return
    numbering, num_found = Numbering(findings), 0
    for shown in _shown(path, number):
        num_found += 1
        yield from numbering.add(shown)
    if not findings.num_read:
        raise InputError(f"expected an animation, cannot read any frame of {path}")
    findings.num_stated, findings.num_missing = number, number - num_found
    yield from numbering.rest()


def note_of_pictures(path: Path) -> tuple[int, tuple[str, ...]]:
    """Return the number of frames of a file of pictures, and what a person may not expect.

    Raises
    ------
    InputError
        If it is a TIFF of several pages.
    """
    number = num_pictures(path)
    if number > 1:
        _check_no_pages(path, number)
        return number, ()
    return 1, ("it is a single picture: one frame",)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a file in Pillow, without its warnings of metadata and large sizes: sizes are checked here."""
    with regular_file(path) as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(file)
        with image:
            yield image


def _check_no_pages(path: Path, number: int) -> None:
    with _opened(path) as image:
        if image.format == "TIFF":
            raise InputError(
                f"expected a video, got a TIFF of {number} pages: {path}. Write its pages as a folder of "
                "pictures"
            )
        if image.width * image.height > MAX_FRAME_PIXELS:
            raise InputError(
                f"expected frames of at most {MAX_FRAME_PIXELS} px, got {image.width}x{image.height}: {path}"
            )


def _single(path: Path) -> Frame:
    try:
        with regular_file(path) as file:
            return Frame("00000", decode_image(file.read(), max_side=None))
    except SampleError as error:
        raise InputError(f"expected a video, cannot read {path}: {error.reason}") from error


def _shown(path: Path, number: int) -> Iterator[Shown]:
    """Yield the composed pictures of an animation, on white; what cannot be read is lost."""
    seconds, is_doubtful, errors = 0.0, False, 0
    with _opened(path) as image:
        first = 1 if image.info.get("default_image") else 0
        for index in range(first, first + number):
            pixels: UInt8[np.ndarray, "H W 3"] | None = None
            try:
                image.seek(index)
                pixels = _on_white(image)
                errors = 0
            except EOFError:
                return
            except Exception:  # each format of Pillow raises other errors
                is_doubtful, errors = True, errors + 1
                if errors > _MOST_ERRORS_IN_A_ROW:
                    return
            yield Shown(pixels, seconds, is_doubtful)
            seconds += float(image.info.get("duration") or 100) / 1000


def _on_white(image: Image.Image) -> UInt8[np.ndarray, "H W 3"]:
    if not image.has_transparency_data:
        return np.array(image.convert("RGB"))
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
    return np.array(Image.alpha_composite(white, coloured).convert("RGB"))
