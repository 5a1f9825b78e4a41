"""Profiles of colours that a file states in numbers: code points, primaries, gamma."""

import functools
import struct
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from shls_core.errors import ImageError

Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Chromaticities (x, y) of red, green, blue and white."""

_D65 = (0.3127, 0.3290)
SRGB_PRIMARIES: Primaries = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
ADOBE_RGB_PRIMARIES: Primaries = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)

# ITU-T H.273, table 2. Others, and 2 (unspecified), are taken for those of sRGB.
_PRIMARIES: Mapping[int, Primaries] = {
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
}

# ITU-T H.273, table 3. Others are taken for the curve of sRGB: also that of television, as browsers do.
_GAMMAS: Mapping[int, float] = {4: 2.2, 5: 2.8, 8: 1.0}
_HIGH_RANGE: Mapping[int, str] = {16: "PQ", 18: "HLG"}

_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])


def profile_of_code_points(primaries: int, transfer: int) -> bytes | None:
    """Return the ICC profile of code points of ITU-T H.273 (``nclx`` in HEIC and AVIF, ``cICP`` in PNG).

    Returns
    -------
    bytes or None
        None for the colours of sRGB.

    Raises
    ------
    ImageError
        If the picture has a high dynamic range, which 8 bits cannot hold.
    """
    if transfer in _HIGH_RANGE:
        raise ImageError(
            f"unsupported pixel format: high dynamic range ({_HIGH_RANGE[transfer]}); export it as JPEG"
        )
    if primaries not in _PRIMARIES and transfer not in _GAMMAS:
        return None
    return matrix_profile(_PRIMARIES.get(primaries, SRGB_PRIMARIES), _GAMMAS.get(transfer))


@functools.lru_cache(maxsize=32)
def matrix_profile(primaries: Primaries, gamma: float | None) -> bytes:
    """Return an ICC profile (version 4) of primaries and a curve; a gamma of None is the curve of sRGB.

    Raises
    ------
    ValueError
        If the primaries lie on a line.
    """
    curve = _curve(0, gamma) if gamma else _curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    columns = _to_d50(primaries)
    parts = {
        b"wtpt": _xyz(_D50_XYZ),
        b"rXYZ": _xyz(columns[:, 0]),
        b"gXYZ": _xyz(columns[:, 1]),
        b"bXYZ": _xyz(columns[:, 2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    offset = 128 + 4 + 12 * len(parts)
    table, body = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        table += struct.pack(">4sII", name, offset + len(body), len(part))
        body += part
    size = offset + len(body)
    header = struct.pack(">IIII", size, 0, 0x04300000, 0)[:12] + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return (header + bytes(28) + _fixed(*_D50_XYZ)).ljust(128, b"\0") + table + body


def _to_d50(primaries: Primaries) -> Float64[np.ndarray, "3 3"]:
    """Return the XYZ of red, green and blue as columns, adapted to the white of profiles (Bradford)."""
    x, y = np.array(primaries).T
    if np.any(y <= 0):
        raise ValueError("expected chromaticities above 0")
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    colours, white = xyz[:, :3], xyz[:, 3]
    if abs(np.linalg.det(colours)) < 1e-6:
        raise ValueError("expected primaries that form a triangle")
    scaled = colours * np.linalg.solve(colours, white)
    cones, wanted = _BRADFORD @ white, _BRADFORD @ _D50_XYZ
    adapted: Float64[np.ndarray, "3 3"] = (
        np.linalg.inv(_BRADFORD) @ np.diag(wanted / cones) @ _BRADFORD @ scaled
    )
    return adapted


def _curve(kind: int, *values: float) -> bytes:
    return b"para" + struct.pack(">IHH", 0, kind, 0) + _fixed(*values)


def _xyz(values: Float64[np.ndarray, "3"]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*values)


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))
