"""The stages of the SHLS backbone as dense features, for label propagation."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.backbone import QUARTER
from shls_core.methods.shls.network.shls_network import ShlsNetwork

STRIDES = QUARTER.layer_strides
"""Pixels from one cell to the next, by stage of the backbone."""


class ShlsDenseFeatures:
    """The output of one stage of the backbone for every cell of a frame; a `DenseFeatures`.

    Parameters
    ----------
    network : ShlsNetwork
        Put into evaluation mode.
    layer : str
        A stage of the backbone: ``layer1`` to ``layer4``.

    Raises
    ------
    InputError
        If there is no such stage.
    """

    def __init__(self, network: ShlsNetwork, layer: str) -> None:
        if layer not in STRIDES:
            raise InputError(f"expected features of {', '.join(STRIDES)} with SHLS, got {layer!r}")
        self._network = network.eval()
        self._layer = layer

    @property
    def stride(self) -> int:
        """Pixels from one cell to the next."""
        return STRIDES[self._layer]

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self._network.parameters()).device

    @torch.inference_mode()
    def encode(self, frame: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "C h w"]:
        """Return the features of an RGB frame on the network's device."""
        network = self._network
        images = network.normalised(torch.tensor(frame, device=self.device)[None])
        outputs: dict[str, Tensor] = network.backbone(images, self._layer)
        return outputs[self._layer][0]
