"""Colours with an ICC profile become sRGB."""

import functools
import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}

# Profiles that describe a device or a space of colours; others (links, abstract, named colours) convert
# between something else.
_CLASSES = ("scnr", "mntr", "prtr", "spac")

# A profile that moves no colour further than this is sRGB in other words.
_SAME_LEVELS = 1


def srgb_converter(mode: str, profile: bytes | None) -> Callable[[Image.Image], Image.Image]:
    """Return a function that turns images of a mode into RGB, in sRGB.

    Intent: relative colorimetric with black point compensation. A profile that cannot be used (broken, or
    of another space of colours than the image) is ignored, as viewers do: the colours are taken for sRGB,
    CMYK is converted by Pillow's formula. A grey image with a profile of RGB is taken for RGB.

    Parameters
    ----------
    mode : str
        L, RGB or CMYK.
    profile : bytes or None
        An ICC profile.
    """
    if profile:
        transform = _transform(profile, mode)
        if transform is not None:
            return functools.partial(_applied_to_grey if mode == "L" else _applied, transform)
        transform = _transform(profile, "RGB") if mode == "L" else None
        if transform is not None:
            return functools.partial(_applied_to_rgb, transform)
    return _without_profile


def _without_profile(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is, unless an image is to be changed in place
    return converted


def _applied_to_grey(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    """Convert the 256 levels, then look them up: the same, and quick without littleCMS's coarse table."""
    levels = _applied(transform, Image.fromarray(np.arange(256, dtype=np.uint8)[None]))
    return Image.merge("RGB", [image.point(list(channel.getdata())) for channel in levels.split()])


def _applied_to_rgb(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    return _applied(transform, image.convert("RGB"))


@functools.lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile to sRGB; None if it changes nothing, or cannot be made."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space != _SPACES[mode] or opened.profile.device_class not in _CLASSES:
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else 0),
        )
        return None if _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    if mode == "CMYK":
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(len(levels), -1, 3)
    before = Image.fromarray(cube if mode == "RGB" else cube[..., 0].copy())
    after = np.asarray(_applied(transform, before), np.int16)
    return int(np.abs(after - np.asarray(before.convert("RGB"), np.int16)).max()) <= _SAME_LEVELS
