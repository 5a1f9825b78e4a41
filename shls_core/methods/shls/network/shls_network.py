"""The SHLS network: from frames to feature maps, and through superpixels to superfeatures."""

import torch.nn.functional as F
from jaxtyping import Int64, UInt8
from torch import Tensor, nn

from shls_core.errors import InputError
from shls_core.methods.backbone import Backbone
from shls_core.methods.network_weights import network_with_weights
from shls_core.methods.normalisation import Normalisation
from shls_core.methods.shls.features.superfeatures import FeatureMaps, SuperfeatureHead, Superfeatures
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.refinement.network import RefinementNetwork
from shls_core.propagation.refinement_mode import RefinementMode
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex

REFINEMENT_PREFIX = "refinement."
"""The prefix of the names of refinement weights."""


class ShlsNetwork(nn.Module):
    """Backbone, superfeature head and refinement; it holds weights and no state of a video.

    Parameters
    ----------
    config : NetworkConfig

    Attributes
    ----------
    correspondence : torch.nn.Conv2d or None
        From the coarse features to vectors of exact correspondence; None if there are none.
    refinement : RefinementNetwork or None
        None if refinement is off.

    Examples
    --------
    >>> import torch
    >>> from shls_core.methods.network_weights import new_network
    >>> network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)
    >>> frames = torch.zeros(2, 16, 16, 3, dtype=torch.uint8)
    >>> superpixel_maps = (torch.arange(16)[:, None] // 8 * 2 + torch.arange(16) // 8).repeat(2, 1, 1)
    >>> features = network.encode_image(frames)
    >>> network.superfeatures(features, superpixel_maps).of_frame(1).shape
    torch.Size([4, 32])
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.normalised = Normalisation(config)
        self.backbone = Backbone(config.width_multiplier)
        self.superfeature_head = SuperfeatureHead(
            self.backbone.channels["layer1"],
            self.backbone.channels["layer4"],
            config.superfeature_size,
            config.l2_epsilon,
        )
        # Made last, so that the other weights of a seed are the same with and without them.
        self.correspondence: nn.Conv2d | None = None
        if config.correspondence_size:
            self.correspondence = nn.Conv2d(self.backbone.channels["layer4"], config.correspondence_size, 1)
        self.refinement: RefinementNetwork | None = None
        if config.refinement.mode != "off":
            self.refinement = RefinementNetwork(
                self.backbone.channels["layer1"], self.backbone.channels["layer4"], config.refinement
            )

    def encode_image(self, frames: UInt8[Tensor, "frames H W 3"]) -> FeatureMaps:
        """Compute the feature maps of RGB frames with values 0..255, on the network's device."""
        layers = self.backbone(self.normalised(frames))
        size = (frames.shape[1], frames.shape[2])
        fine = F.interpolate(layers["layer1"], size, mode="bilinear", align_corners=False)
        return FeatureMaps(fine, layers["layer4"])

    def superfeatures(
        self, features: FeatureMaps, superpixels: Int64[Tensor, "frames H W"] | SuperpixelIndex
    ) -> Superfeatures:
        """Compute the superfeatures of frames from their feature maps.

        Parameters
        ----------
        features : FeatureMaps
            From `encode_image`.
        superpixels : Int64[Tensor, "frames H W"] or SuperpixelIndex
            Labels 0..R-1 in every frame, none missing; R may differ between frames. Or their index.

        Returns
        -------
        Superfeatures
            All frames in one table, with the row at which each frame starts.

        Raises
        ------
        InputError
            If sizes do not agree or a superpixel map skips a label.
        """
        index = superpixels
        if not isinstance(index, SuperpixelIndex):
            index = SuperpixelIndex.of(index)
        frames, _, *size = features.fine.shape
        if index.labels.shape != (frames, *size):
            raise InputError(
                f"expected superpixel maps of shape {(frames, *size)}, got {tuple(index.labels.shape)}"
            )
        superfeatures: Superfeatures = self.superfeature_head(features, index)
        return superfeatures


def refining(network: ShlsNetwork, mode: RefinementMode | None) -> ShlsNetwork:
    """Return the network with another mode of refinement and the same weights; None changes nothing.

    Raises
    ------
    InputError
        If a mode of refinement is requested of a network without refinement.
    """
    trained = network.config.refinement
    if mode is None or mode == trained.mode:
        return network
    if network.refinement is None:
        raise InputError(f"expected a network with refinement for mode {mode}, got one without")
    refinement = trained.model_copy(update={"mode": mode})
    config = network.config.model_copy(update={"refinement": refinement})
    state = network.state_dict()
    if mode == "off":
        state = {name: value for name, value in state.items() if not name.startswith(REFINEMENT_PREFIX)}
    return network_with_weights(ShlsNetwork, config, state).to(next(network.parameters()).device)
