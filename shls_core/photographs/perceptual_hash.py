"""Perceptual hashes: nearly the same bits for the same picture in other bytes.

References
----------
.. [1] C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010 (the DCT hash).
"""

import imagehash
import numpy as np
from jaxtyping import UInt8
from PIL import Image

HASH_BITS = 64
_SIDE_PX = 32
_FLAT_GREY_LEVELS = 4.0


def perceptual_hash(pixels: UInt8[np.ndarray, "H W 3"]) -> str | None:
    """Return the 64-bit DCT hash of an image in hexadecimal, or None for a nearly uniform image.

    In a nearly uniform image the signs of the coefficients are noise, or all the same: it would be a
    near-duplicate of every other such image. The limit, a standard deviation of 4 of 255 grey levels, is half
    of the value of the flattest of 5,500 photographs.
    """
    small = Image.fromarray(pixels).convert("L").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    if float(np.asarray(small, dtype=np.float64).std()) < _FLAT_GREY_LEVELS:
        return None
    return str(imagehash.phash(small))
