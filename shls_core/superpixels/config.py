"""What can be set about the superpixels of a frame."""

from pydantic import Field

from shls_core.frozen import FrozenConfig


class SuperpixelConfig(FrozenConfig):
    """SLIC in Lab colour, after a light blur. The defaults are those of training frames of 256x256."""

    num_superpixels: int = Field(default=300, ge=1, le=32_767)
    """Superpixels asked for in each frame; SLIC returns about that many, never more than there are pixels.

    About 300 for a training frame, as the authors of SHLS ran it; 4,000 at 480p serve inference best (paper,
    ablation). The upper bound is that of fast-slic's 16-bit labels.
    """

    compactness: float = Field(default=20.0, gt=0.0)
    """Weight of distance in the image against distance in Lab: higher gives squarer superpixels.

    20 as the authors of SHLS ran it.
    """

    sigma: float = Field(default=1.0, ge=0.0, le=10.0)
    """Standard deviation in px of the Gaussian blur before clustering; 0 leaves the frame as it is.

    1 as the authors of SHLS ran it.
    """

    min_size: float = Field(default=0.25, ge=0.0, le=1.0)
    """Smallest region kept, as a share of the mean size; smaller ones join a neighbour.

    0.25 is fast-slic's default. Regions are connected at every value.
    """
