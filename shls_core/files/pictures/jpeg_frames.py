"""Frames of pseudo-sequences as JPEG files."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.errors import SampleError


def encode_frame(frame: UInt8[np.ndarray, "H W 3"], quality: int = 95) -> bytes:
    """Compress an RGB frame as JPEG.

    Parameters
    ----------
    frame : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    quality : int
        0..100. At 95, a frame of 300x400 takes about 44 kB.
    """
    encoded, data = cv2.imencode(
        ".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert encoded
    return data.tobytes()


def decode_frame(data: bytes | memoryview) -> UInt8[np.ndarray, "H W 3"]:
    """Return the RGB pixels of a frame written by `encode_frame`.

    Raises
    ------
    SampleError
        If the bytes are not a complete JPEG.
    """
    # OpenCV returns None for bytes that it cannot decode to the end, but fails on empty input.
    frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if frame is None:
        raise SampleError(f"corrupt frame: expected a whole JPEG, got {len(data)} bytes that are not")
    return frame
