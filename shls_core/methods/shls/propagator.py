"""SHLS in use: superfeatures for the memory, and refinement after it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Int64, UInt8, UInt16

from shls_core.methods.shls.encoded_frame import encoded
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator


class ShlsSuperpixelFeatures:
    """The superfeatures of frames; a `SuperpixelFeatures`.

    Parameters
    ----------
    network : ShlsNetwork
        Put into evaluation mode; it stores no state of a video.
    correspondence_share : float
        Length of the vectors of correspondence that are appended to superfeatures, if the network has some.
    """

    def __init__(self, network: ShlsNetwork, correspondence_share: float = 0.0) -> None:
        self._network = network.eval()
        self._share = correspondence_share

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self._network.parameters()).device

    def encode(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: Int64[np.ndarray, "H W"]
    ) -> EncodedFrame:
        """Return superfeatures, places and pixels of the superpixels of an RGB frame."""
        frames, maps = (torch.tensor(values, device=self.device)[None] for values in (frame, superpixel_map))
        [of_frame] = encoded(self._network, self._network.encode_image(frames), maps, self._share)
        return of_frame

    def refiner(self) -> Refiner | None:
        """Return the refinement of a new video; None if the network has none."""
        if self._network.refinement is None:
            return None
        return Refiner(self._network.refinement, self._network.config.refinement.margin)


def shls_propagator(
    network: ShlsNetwork,
    memory: MemoryConfig,
    divide: Callable[[UInt8[np.ndarray, "H W 3"]], UInt16[np.ndarray, "H W"]] | None = None,
    correspondence_share: float = 0.0,
) -> SuperpixelMemoryPropagator:
    """Return the propagation of SHLS with a network, which is put into evaluation mode.

    Parameters
    ----------
    network : ShlsNetwork
    memory : MemoryConfig
    divide : Callable or None
        Divides frames into superpixels; None: every frame comes with stored ``superpixel_maps``.
    correspondence_share : float
        See `ShlsSuperpixelFeatures`.
    """
    return SuperpixelMemoryPropagator(ShlsSuperpixelFeatures(network, correspondence_share), memory, divide)
