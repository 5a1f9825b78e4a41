"""What can be set about saliency maps and the pseudo-masks made of them."""

from pydantic import Field

from shls_core.frozen import FrozenConfig
from shls_core.superpixels.config import SuperpixelConfig


class SaliencyConfig(FrozenConfig):
    """Robust background detection with the constants of its paper, then a mask.

    The paper: W. Zhu et al., "Saliency optimization from robust background detection", CVPR 2014,
    doi:10.1109/CVPR.2014.360.
    """

    working_side_px: int = Field(default=400, ge=16)
    """Longest side in px at which saliency is computed; the map is brought back to the image's size."""

    superpixels: SuperpixelConfig = SuperpixelConfig(num_superpixels=200)
    """Superpixels that saliency is computed on: about 200, each some 20 px wide at the working size."""

    colour_sigma: float = Field(default=10.0, gt=0.0)
    """How far apart two Lab colours, in CIE units, still belong together; 10 in the paper."""

    boundary_connectivity_sigma: float = Field(default=1.0, gt=0.0)
    """Boundary connectivity from which a superpixel counts as background; 1 in the paper."""

    spatial_sigma: float = Field(default=0.25, gt=0.0)
    """Reach of contrast, as a share of the image's longest side; 0.25 in the paper."""

    smoothness: float = Field(default=0.1, gt=0.0)
    """Least weight between neighbours whatever their colours, which smooths clutter; the paper's mu, 0.1."""

    background_weight: float = Field(default=5.0, gt=0.0)
    """Weight of the background term against those of foreground and smoothness.

    5 as the authors of the paper ran it: the background cue is trusted more than contrast. With 1, as their
    cost is printed, the order of the superpixels is nearly the same but the whole map brighter.
    """

    border_radius_px: int = Field(default=2, ge=0, le=50)
    """Radius in px of the opening that takes off the frayed border of a pseudo-mask; 0 leaves it.

    Parts thinner than twice this vanish. This project's choice: SHLS removes the border without saying how.
    """

    min_component_share: float = Field(default=0.001, ge=0.0, lt=1.0)
    """Smallest component kept in a pseudo-mask, as a share of the image; 0.1 % as SHLS's authors ran it."""
