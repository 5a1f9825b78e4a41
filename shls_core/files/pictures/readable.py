"""Which formats of pictures this installation reads: each is tried on a small file."""

import base64
from collections.abc import Mapping

import numpy as np

from shls_core.errors import ImageError, MissingComponent
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.formats import (
    AVIF,
    BMP,
    GIF,
    HEIC,
    JPEG,
    PICTURE_FORMATS,
    PNG,
    PNM,
    TIFF,
    WEBP,
)

_COLOUR = (200, 60, 40)
_LARGEST_DIFFERENCE = 12

# A picture of 8x8 px (HEIC: 16x16) in one colour, written by Pillow 13 and pillow-heif 1.8.
_SAMPLES: Mapping[str, str] = {
    JPEG.name: (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB"
        "RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
        "T09PT09PT09PT09PT0//wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAA"
        "AAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABQb/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCcAMVL/9k="
    ),
    PNG.name: (
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFUlEQVR42mM8YaPBgA0wMeAAg1MCAO+wATws8x7vAAAAAElF"
        "TkSuQmCC"
    ),
    WEBP.name: ("UklGRjYAAABXRUJQVlA4ICoAAACQAQCdASoIAAgAAsBMJaACdLoAA5gA/ueL/0KNlE14/+Wf+f3xd7mAAAA="),
    GIF.name: ("R0lGODdhCAAIAIEAAMg8KAAAAAAAAAAAACwAAAAACAAIAAAIDwABCBxIsKDBgwgTKkwYEAA7"),
    BMP.name: (
        "Qk32AAAAAAAAADYAAAAoAAAACAAAAAgAAAABABgAAAAAAMAAAADEDgAAxA4AAAAAAAAAAAAAKDzIKDzIKDzIKDzIKDzIKDzI"
        "KDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzI"
        "KDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzI"
        "KDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzIKDzI"
    ),
    PNM.name: (
        "UDYgOCA4IDI1NQrIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjI"
        "PCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjI"
        "PCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCjIPCg="
    ),
    AVIF.name: (
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAA"
        "AAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJwAAAChpaW5mAAAAAAABAAAAGmluZmUC"
        "AAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCAgIAAAA"
        "DGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAL21kYXQSAAoIGAi/aICGg0Iy"
        "GRlHh4Yhh5555oAAAJBAyRxhTj4GPdkZLFg="
    ),
    HEIC.name: (
        "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
        "AAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAADIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA"
        "AA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
        "AAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPB"
        "iQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC"
        "////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAOm1kYXQAAAAuKAGvEyFiY0D1JyL/"
        "/vKqf+3aZ/0r2WFncrrBW/L6wPZkm8DzqpGegIdppzAVeA=="
    ),
    TIFF.name: (
        "SUkqADAAAACAMgeCiBQSBwWEQeFQaGQmGwuHRGIROHxWJRaKReNRmORiPRuPwuAgCgAAAQMAAQAAAAgAAAABAQMAAQAAAAgA"
        "AAACAQMAAwAAAK4AAAADAQMAAQAAAAUAAAAGAQMAAQAAAAIAAAARAQQAAQAAAAgAAAAVAQMAAQAAAAMAAAAWAQMAAQAAAAgA"
        "AAAXAQQAAQAAACgAAAAcAQMAAQAAAAEAAAAAAAAACAAIAAgA"
    ),
}


def readable_formats() -> dict[str, str | None]:
    """Try every format of pictures.

    Returns
    -------
    dict of str to (str or None)
        For the name of each format, None if it is read here, else why not.

    Examples
    --------
    >>> readable_formats()["PNG"] is None
    True
    """
    return {one.name: _problem(one.name) for one in PICTURE_FORMATS}


def _problem(name: str) -> str | None:
    try:
        pixels = decode_image(base64.b64decode(_SAMPLES[name]), max_side=None)
    except (ImageError, MissingComponent) as error:
        return str(error)
    difference = int(np.abs(pixels.astype(np.int16) - _COLOUR).max())
    return None if difference <= _LARGEST_DIFFERENCE else f"colours are wrong by {difference} levels"
