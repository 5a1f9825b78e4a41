"""Configuration of saliency maps and of the pseudo-masks made from them."""

from typing import Annotated, Literal

from pydantic import Field

from shls_core.frozen import FrozenConfig
from shls_core.superpixels.config import SuperpixelConfig

Channels = tuple[float, float, float]
PositiveChannels = tuple[
    Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]
]


class DetectorNetworkConfig(FrozenConfig):
    """Input and output of a network from a TorchScript or ONNX file."""

    input_side_px: int | None = Field(default=320, ge=16, le=4096)
    """Longest side in px of the network's input; null: the photograph at its own size."""

    square: bool = True
    """Whether the photograph is stretched to a square of that side; otherwise it keeps its aspect ratio."""

    mean: Channels = (0.485, 0.456, 0.406)
    """Mean per channel (red, green, blue, in 0..1) that is subtracted; by default that of ImageNet."""

    std: PositiveChannels = (0.229, 0.224, 0.225)
    """Standard deviation per channel by which the input is divided; by default that of ImageNet."""

    output: Literal["probabilities", "logits"] = "probabilities"
    """The network's output; logits go through a sigmoid."""

    stretch: bool = False
    """Whether each map is stretched so that its least and most salient pixel are 0 and 1."""


class SharpeningConfig(FrozenConfig):
    """How a saliency map is aligned with the edges of the photograph.

    This project's addition to SHLS, chosen on half of the photographs of SOD, confirmed on the other half.
    """

    side_px: int = Field(default=160, ge=0, le=2000)
    """Longest side in px at which foreground is cut out by colour; 0 leaves maps unchanged."""

    learning_side_px: int = Field(default=64, ge=16, le=2000)
    """Longest side in px at which the colours of foreground and background are learned."""

    sure_background: float = Field(default=0.3, ge=0.0, le=1.0)
    """Saliency, as a share of Otsu's threshold, up to which a pixel is background whatever its colour."""

    sure_foreground: float = Field(default=0.3, ge=0.0, le=1.0)
    """Share of the way from Otsu's threshold to 1 from which a pixel is foreground whatever its colour."""

    iterations: int = Field(default=1, ge=1, le=20)
    """Rounds of GrabCut (learn colours, cut foreground) before the final cut."""


class SaliencyConfig(FrozenConfig):
    """A detector (by default robust background detection with the constants of its paper), then a mask.

    The paper: W. Zhu et al., "Saliency optimization from robust background detection", CVPR 2014,
    doi:10.1109/CVPR.2014.360.
    """

    detector: str = Field(default="rbd", pattern=r"^(rbd|(torchscript|onnx|maps):.+)$")
    """The detector of saliency maps: ``rbd``, a network in ``torchscript:FILE`` or ``onnx:FILE``, or
    ``maps:FOLDER``, a folder of existing maps that are named like the photographs."""

    network: DetectorNetworkConfig = DetectorNetworkConfig()
    """Input and output of a network from a file."""

    working_side_px: int = Field(default=400, ge=16)
    """Longest side in px at which saliency is computed; the map is then resized to the image's size."""

    superpixels: SuperpixelConfig = SuperpixelConfig(num_superpixels=200)
    """Superpixels that saliency is computed on: about 200, each some 20 px wide at the working size."""

    colour_sigma: float = Field(default=10.0, gt=0.0)
    """Distance of two Lab colours, in CIE units, up to which they belong together; 10 in the paper."""

    boundary_connectivity_sigma: float = Field(default=1.0, gt=0.0)
    """Boundary connectivity from which a superpixel counts as background; 1 in the paper."""

    spatial_sigma: float = Field(default=0.25, gt=0.0)
    """Reach of contrast, as a share of the image's longest side; 0.25 in the paper."""

    smoothness: float = Field(default=0.1, gt=0.0)
    """Smallest weight between neighbours of any colours, which smooths clutter; the paper's mu, 0.1."""

    background_weight: float = Field(default=5.0, gt=0.0)
    """Weight of the background term against those of foreground and smoothness.

    5 as in the code of the paper's authors, which trusts the background cue more than contrast. With 1, as in
    the printed cost, the order of the superpixels is nearly the same, but the whole map is brighter.
    """

    sharpening: SharpeningConfig = SharpeningConfig()
    """How maps are aligned with the edges of the photograph."""

    border_radius_px: int = Field(default=2, ge=0, le=50)
    """Radius in px of the opening that removes the frayed border of a pseudo-mask; 0 keeps the border.

    Parts thinner than twice this vanish. This project's choice: SHLS removes the border, but does not state
    how.
    """

    min_component_share: float = Field(default=0.001, ge=0.0, lt=1.0)
    """Smallest component kept in a pseudo-mask, as a share of the image; 0.1 % as SHLS's authors ran it."""

    min_confidence: float = Field(default=0.3, ge=0.0, le=1.0)
    """Pseudo-masks with a confidence below it are rejected as ``low_confidence``.

    0.3 rejects 4 % of the quickstart's crops and almost none of SOD: masks that are clearly no object.
    `shls dataset measure-masks` prints what other thresholds keep of photographs that have masks.
    """
