"""The network's output for frames, frame by frame."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.methods.shls.features.superfeatures import FeatureMaps
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.frame_view import FrameView, frame_views
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


def encode_frames(
    network: ShlsNetwork,
    frames: UInt8[Tensor, "frames H W 3"],
    superpixel_maps: Int64[Tensor, "frames H W"],
) -> list[EncodedFrame]:
    """Encode RGB frames together.

    Raises
    ------
    InputError
        If sizes do not agree or a superpixel map skips a label.
    """
    return encoded(network, network.encode_image(frames), superpixel_maps)


def encoded(
    network: ShlsNetwork,
    features: FeatureMaps,
    superpixel_maps: Int64[Tensor, "frames H W"],
    correspondence_share: float = 0.0,
) -> list[EncodedFrame]:
    """Encode frames together, of which the feature maps are known.

    Parameters
    ----------
    network : ShlsNetwork
    features : FeatureMaps
    superpixel_maps : Int64[Tensor, "frames H W"]
    correspondence_share : float
        Length of the mean vectors of correspondence that are appended to superfeatures, which have length 1;
        together they get unit length. 0, or a network without such vectors: none.

    Raises
    ------
    InputError
        If sizes do not agree or a superpixel map skips a label.
    """
    index = SuperpixelIndex.of(superpixel_maps)
    superfeatures = network.superfeatures(features, index).values
    vectors = with_correspondence(network, features, index, superfeatures, correspondence_share)
    starts = zip(index.offsets, index.offsets[1:], strict=False)
    views: list[FrameView] | list[None] = [None] * len(superpixel_maps)
    if network.refinement is not None:
        views = frame_views(features, index)
    return [
        EncodedFrame(vectors[start:end], index.centres_of(frame), superpixels, view)
        for frame, (superpixels, view, (start, end)) in enumerate(
            zip(superpixel_maps, views, starts, strict=True)
        )
    ]


def with_correspondence(
    network: ShlsNetwork,
    features: FeatureMaps,
    index: SuperpixelIndex,
    superfeatures: Float[Tensor, "R S"],
    share: float,
) -> Float[Tensor, "R E"]:
    """Return superfeatures with the mean vectors of correspondence appended, of unit length together."""
    if network.correspondence is None or not share:
        return superfeatures
    means = index.at_quarter.means(network.correspondence(features.coarse))
    return F.normalize(torch.cat([superfeatures, share * F.normalize(means)], dim=1))
