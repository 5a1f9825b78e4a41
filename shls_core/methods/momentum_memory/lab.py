"""RGB frames as Lab: lightness and two colours, which vary far more independently than R, G and B."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""From linear RGB to CIE XYZ (ITU-R BT.709 primaries)."""
_WHITE = (0.950456, 1.0, 1.088754)
"""XYZ of white, D65."""
_SMALL = (6 / 29) ** 3
"""Below it, the cube root of CIELAB is a straight line."""


def lab_of(frames: UInt8[Tensor, "frames H W 3"]) -> Float[Tensor, "frames 3 H W"]:
    """Return RGB frames as Lab (CIE 1976, D65) in about -1..1: (L - 50) / 50, a / 127, b / 127.

    Examples
    --------
    >>> grey = lab_of(torch.tensor([[[[0, 0, 0], [255, 255, 255]]]], dtype=torch.uint8))
    >>> grey.round(decimals=3).abs()[0, :, 0].tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    values = frames.float() / 255.0
    linear = torch.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    to_xyz = linear.new_tensor(_TO_XYZ) / linear.new_tensor(_WHITE)[:, None]
    # Sums of three products: a matrix product may run in another precision on some devices.
    xyz = (linear[..., None, :] * to_xyz).sum(-1)
    x, y, z = torch.where(
        xyz > _SMALL, xyz.clamp(min=_SMALL) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29
    ).unbind(-1)
    return torch.stack([(116 * y - 66) / 50, 500 * (x - y) / 127, 200 * (y - z) / 127], dim=1)
