"""A picture that a reader has decoded to 8 bits, and what is still to be done with it."""

from dataclasses import dataclass

from PIL import Image

from shls_core.errors import ImageError

MAX_PIXELS = 1 << 27
"""Largest photograph decoded, in px (134 million, 400 MB as RGB): larger ones are treated as decompression
bombs."""


MAX_PIXELS_OF_COPIES = MAX_PIXELS // 2
"""Likewise for formats whose decoders hold several copies of a picture: 2 GB are enough for all."""


@dataclass(frozen=True)
class OpenedPicture:
    """A decoded picture.

    Attributes
    ----------
    image : PIL.Image.Image
        Decoded, in any mode of 8 bits a sample or fewer.
    profile : bytes or None
        The ICC profile of its colours; None: sRGB.
    orientation : object
        Value of the EXIF tag Orientation; other values than 2 to 8 mean that the image is upright.
    """

    image: Image.Image
    profile: bytes | None = None
    orientation: object = 1


def check_num_pixels(height: int, width: int, most: int = MAX_PIXELS) -> None:
    """Raise ImageError if a picture is too large to be decoded, or has no pixels."""
    if height < 1 or width < 1:
        raise ImageError(f"corrupt or truncated image: {height}x{width} px")
    if height * width > most:
        raise ImageError(f"too large: {height}x{width} px, at most {most} px in all")
