"""The layers and the projection of DUL's network as dense features, for label propagation."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.backbone import EIGHTH
from shls_core.methods.dul.config import STRIDE
from shls_core.methods.dul.network import EMBEDDING, DulNetwork

STRIDES = {**EIGHTH.layer_strides, EMBEDDING: STRIDE}
"""Pixels from one cell to the next, by the name of the features."""


class DulDenseFeatures:
    """One output of the network for every cell of a frame; a `DenseFeatures`.

    Parameters
    ----------
    network : DulNetwork
        Put into evaluation mode.
    layer : str
        A layer of the backbone, ``layer1`` to ``layer4``, or ``embedding``.

    Raises
    ------
    InputError
        If there are no such features.
    """

    def __init__(self, network: DulNetwork, layer: str) -> None:
        if layer not in STRIDES:
            raise InputError(f"expected features of {', '.join(STRIDES)} with DUL, got {layer!r}")
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
        images = self._network.normalised(torch.tensor(frame, device=self.device)[None])
        return self._network.features(images, self._layer)[0]
