"""The samples of a mask file as they are stored: indices, grey levels or colours, never spread or blended."""

import io
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Integer, UInt8
from PIL import Image, TiffImagePlugin, UnidentifiedImageError
from PIL.ExifTags import Base as ExifTag

from shls_core.errors import MaskDamaged, MaskError
from shls_core.files.masks.containers import damaged_chunk, foreign_name, lossy_format

MAX_MASK_BYTES = 1 << 28
"""Largest mask file read, in bytes (268 million)."""

MAX_MASK_PIXELS = 1 << 25
"""Largest mask decoded, in px: 8192x4096."""

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF")
_GOOD = "save it as an indexed PNG, 0 background, 1..K objects"

Kind = Literal["indexed", "grey", "colour"]


@dataclass(frozen=True)
class Samples:
    """What a file holds.

    Attributes
    ----------
    kind : {"indexed", "grey", "colour"}
        What `values` are: indices of `palette`, grey levels, or colours as 0xRRGGBB.
    values : Integer[numpy.ndarray, "H W"]
        Upright, by the EXIF orientation.
    white : int
        The value of white where `values` are grey levels: 1, 3, 15, 255 or 65535.
    palette : UInt8[numpy.ndarray, "256 3"] or None
        RGB, black where the file names no colour.
    alpha : UInt8[numpy.ndarray, "H W"] or None
        Opacity; None where every pixel is opaque, or all have the same.
    lossy : str or None
        The format, if it does not keep values as they were drawn.
    """

    kind: Kind
    values: Integer[np.ndarray, "H W"]
    white: int = 255
    palette: UInt8[np.ndarray, "256 3"] | None = None
    alpha: UInt8[np.ndarray, "H W"] | None = None
    lossy: str | None = None


def read_samples(data: bytes) -> Samples:
    """Decode a mask file.

    Raises
    ------
    MaskError
        If it is no picture, is damaged, too large, or holds samples that are no mask's.
    """
    if len(data) > MAX_MASK_BYTES:
        raise MaskError(f"expected a mask of at most {MAX_MASK_BYTES >> 20} MB, got {len(data) >> 20} MB")
    # Pillow warns of oddities outside the pixels; whether a mask is read must not depend on filters.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            _check(image, data)
            image.load()
            orientation = image.getexif().get(ExifTag.Orientation)  # after the pixels: TIFF turns itself
            return _upright(_samples(image, data), orientation)
        except (MaskError, MemoryError):
            raise
        except Image.DecompressionBombError as error:
            raise MaskError(f"expected a mask of at most {MAX_MASK_PIXELS} px, got more") from error
        except UnidentifiedImageError as error:
            raise MaskDamaged(f"expected a mask as a picture, got {foreign_name(data)}: {_GOOD}") from error
        except Exception as error:  # each format of Pillow raises other errors
            what = " ".join(str(error).split())
            raise MaskDamaged(f"expected a whole mask, got a damaged one ({what})") from error


def _check(image: Image.Image, data: bytes) -> None:
    """Refuse a file before its pixels are decoded."""
    if image.width * image.height > MAX_MASK_PIXELS:
        raise MaskError(f"expected a mask of at most {MAX_MASK_PIXELS} px, got {image.width}x{image.height}")
    if image.format in ("TIFF", "GIF", "PNG", "WEBP") and getattr(image, "is_animated", False):
        raise MaskError("expected one picture in a mask, got a file of several: save each in a file")
    if (damaged := damaged_chunk(data)) is not None:
        raise MaskDamaged(f"expected a whole mask, got a damaged one (checksum of PNG chunk {damaged})")


def _samples(image: Image.Image, data: bytes) -> Samples:
    lossy, bits = lossy_format(image, data), _bits(image, data)
    if image.mode in ("RGB", "RGBX", "RGBA", "LA", "PA") and bits > 8:
        raise MaskError(f"expected 8 bits a channel in a mask of colours, got {bits}: {_GOOD}")
    if image.mode == "P":
        indices = np.array(image)
        palette = _palette(image)
        alpha = _even_as_none(_palette_alpha(image)[indices])
        return Samples("indexed", indices, palette=palette, alpha=alpha, lossy=lossy)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa"):
        rgba = np.asarray(image.convert("RGBA"))
        alpha = _even_as_none(np.ascontiguousarray(rgba[..., 3]))
        return Samples("colour", _packed(rgba), alpha=alpha, lossy=lossy)
    transparent = image.info.get("transparency")
    if image.mode in ("RGB", "RGBX"):
        values = _packed(np.asarray(image.convert("RGB")))
        if isinstance(transparent, tuple):
            transparent = int.from_bytes(bytes(int(channel) & 255 for channel in transparent), "big")
        return Samples("colour", values, alpha=_alpha_of(values, transparent), lossy=lossy)
    grey, white = _grey(image, bits)
    return Samples("grey", grey, white, alpha=_alpha_of(grey, transparent), lossy=lossy)


def _grey(image: Image.Image, bits: int) -> tuple[npt.NDArray[np.integer], int]:
    """Return grey levels as they were stored, and the level of white."""
    if image.mode == "1":
        return np.array(image).astype(np.uint8), 1
    if image.mode == "L":
        values = np.array(image)
        if bits in (2, 4):  # Pillow spreads them over 0..255
            white = (1 << bits) - 1
            return values // np.uint8(255 // white), white
        return values, 255
    if image.mode.startswith("I") or image.mode == "F":
        wide = np.asarray(image)
        if not np.isfinite(wide).all() or (wide != np.trunc(wide)).any():
            raise MaskError(f"expected whole numbers as labels, got floating point: {_GOOD}")
        if wide.min(initial=0) < 0 or wide.max(initial=0) > 65535:
            raise MaskError(f"expected labels 0..65535, got {wide.min()}..{wide.max()}: {_GOOD}")
        return wide.astype(np.uint16), 65535
    raise MaskError(f"expected a mask of indices, grey levels or RGB colours, got {image.mode}: {_GOOD}")


def _bits(image: Image.Image, data: bytes) -> int:
    """Return the bits of a sample where Pillow's mode does not say it."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,))))
    return data[24] if image.format == "PNG" else 8


def _palette(image: Image.Image) -> UInt8[np.ndarray, "256 3"]:
    colours = np.zeros((256, 3), np.uint8)
    named = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)[:256]
    colours[: len(named)] = named
    return colours


def _palette_alpha(image: Image.Image) -> UInt8[np.ndarray, "256"]:
    alpha = np.full(256, 255, np.uint8)
    transparent = image.info.get("transparency")
    if isinstance(transparent, bytes):
        named = np.frombuffer(transparent[:256], np.uint8)
        alpha[: len(named)] = named
    elif isinstance(transparent, int) and 0 <= transparent < 256:
        alpha[transparent] = 0
    return alpha


def _packed(colours: UInt8[np.ndarray, "H W C"]) -> Integer[np.ndarray, "H W"]:
    packed = colours[..., 0].astype(np.uint32)
    for channel in (1, 2):
        packed <<= 8
        packed |= colours[..., channel]
    return packed


def _alpha_of(values: Integer[np.ndarray, "H W"], transparent: object) -> UInt8[np.ndarray, "H W"] | None:
    """Return the opacity where one value is named transparent."""
    if not isinstance(transparent, int):
        return None
    opaque: Bool[np.ndarray, "H W"] = values != transparent
    return _even_as_none(opaque.astype(np.uint8) * np.uint8(255))


def _even_as_none(alpha: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"] | None:
    """Return None where all have the same opacity, which says nothing of objects."""
    return None if alpha.size == 0 or alpha.min() == alpha.max() else alpha


def _upright(samples: Samples, orientation: object) -> Samples:
    """Turn the samples as the EXIF orientation says: 1 is upright, other values have no meaning."""
    if orientation not in range(2, 9):
        return samples

    def turned(values: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        upright = values.T if orientation in (5, 6, 7, 8) else values
        if orientation in (3, 4, 7, 8):
            upright = upright[::-1]
        if orientation in (2, 3, 6, 7):
            upright = upright[:, ::-1]
        return np.ascontiguousarray(upright)

    alpha = None if samples.alpha is None else turned(samples.alpha).astype(np.uint8)
    return Samples(samples.kind, turned(samples.values), samples.white, samples.palette, alpha, samples.lossy)
