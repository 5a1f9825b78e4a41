"""Opens HEIC files through libheif."""

import io

import numpy as np
from PIL import Image

from shls_core.errors import ImageError, MissingComponent
from shls_core.files.pictures.opened_picture import OpenedPicture, check_num_pixels
from shls_core.files.pictures.sixteen_bits import to_eight_bits
from shls_core.files.pictures.standard_colours import profile_of_code_points


def open_heic(data: bytes) -> OpenedPicture:
    """Decode the primary picture of a HEIC file.

    libheif turns it as the file says; the orientation in its EXIF block says the same again, and is ignored,
    as the standard demands (ISO/IEC 23008-12).

    Raises
    ------
    ImageError
        If the picture is too large, or has a high dynamic range.
    MissingComponent
        If pillow-heif is not installed.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingComponent("HEIC needs pillow-heif: pip install pillow-heif") from error
    # Opened directly: registering an opener would change what Pillow reads for everybody in this process.
    found = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    width, height = found.size
    check_num_pixels(height, width)
    codes = found.info.get("nclx_profile") or {}
    profile = profile_of_code_points(
        int(codes.get("color_primaries", 2)), int(codes.get("transfer_characteristics", 2))
    )
    bits = int(found.info["bit_depth"])
    samples = np.asarray(found)
    if samples.shape[:2] != (height, width):
        raise ImageError("corrupt or truncated image: HEIC")
    if samples.dtype != np.uint8:
        samples = to_eight_bits(samples, (1 << bits) - 1)
    image = Image.fromarray(samples)
    if found.premultiplied_alpha:
        image = Image.frombytes("RGBa", image.size, image.tobytes())
    return OpenedPicture(image, found.info.get("icc_profile") or profile)
