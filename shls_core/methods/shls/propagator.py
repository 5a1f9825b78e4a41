"""SHLS in use: superfeatures for the memory, and refinement after it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Int64, UInt8, UInt16
from torch import Tensor

from shls_core.methods.backbone import QUARTER
from shls_core.methods.shls.encoded_frame import encoded, with_correspondence
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.frame_view import frame_views
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.propagation.fusion.described_frame import DescribedFrame, pooled
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.pooled_features import cell_weights
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


class ShlsSuperpixelFeatures:
    """The superfeatures of frames; a `SuperpixelFeatures`.

    Parameters
    ----------
    network : ShlsNetwork
        Put into evaluation mode; it stores no state of a video.
    describes : bool
        Whether frames are described for what is fused with the memory: by the output of layer 4, and its
        means over superpixels beside the superfeatures.
    correspondence_share : float
        Length of the vectors of correspondence that are appended to superfeatures, if the network has some.
    """

    def __init__(
        self, network: ShlsNetwork, describes: bool = False, correspondence_share: float = 0.0
    ) -> None:
        self._network = network.eval()
        self._describes = describes
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
        if not self._describes:
            [of_frame] = encoded(self._network, self._network.encode_image(frames), maps, self._share)
            return of_frame
        return self._described(frames, maps, superpixel_map)

    def refiner(self) -> Refiner | None:
        """Return the refinement of a new video; None if the network has none."""
        if self._network.refinement is None:
            return None
        return Refiner(self._network.refinement, self._network.config.refinement.margin)

    def _described(
        self,
        frames: UInt8[Tensor, "1 H W 3"],
        superpixels: Int64[Tensor, "1 H W"],
        superpixel_map: Int64[np.ndarray, "H W"],
    ) -> DescribedFrame:
        features = self._network.encode_image(frames)
        index = SuperpixelIndex.of(superpixels)
        superfeatures = with_correspondence(
            self._network, features, index, self._network.superfeatures(features, index).values, self._share
        )
        view = None if self._network.refinement is None else frame_views(features, index)[0]
        cells, stride = features.coarse[0], QUARTER.layer_strides["layer4"]
        pooling = cell_weights(superpixel_map, stride)
        return DescribedFrame(
            superfeatures,
            index.centres_of(0),
            superpixels[0],
            view,
            cells=cells,
            stride=stride,
            pooling=pooling,
            descriptors=torch.cat([pooled(cells, pooling), superfeatures], dim=1),
        )


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
    describes = isinstance(memory, FusedMemoryConfig) and memory.is_fused
    features = ShlsSuperpixelFeatures(network, describes, correspondence_share)
    return SuperpixelMemoryPropagator(features, memory, divide)
