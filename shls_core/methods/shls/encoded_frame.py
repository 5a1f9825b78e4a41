"""The network's output for frames, frame by frame."""

from dataclasses import dataclass

from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.methods.shls.features.pooling import SuperpixelIndex
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.frame_view import FrameView, frame_views


@dataclass(frozen=True)
class EncodedFrame:
    """One frame on the network's device.

    Attributes
    ----------
    superfeatures : Float[Tensor, "R S"]
    centres : Float[Tensor, "R 2"]
        Mean row and column of every superpixel, in 0..1.
    superpixels : Int64[Tensor, "H W"]
        Labels 0..R-1.
    view : FrameView or None
        Feature maps for refinement; None if it is off.
    """

    superfeatures: Float[Tensor, "R S"]
    centres: Float[Tensor, "R 2"]
    superpixels: Int64[Tensor, "H W"]
    view: FrameView | None


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
    features = network.encode_image(frames)
    index = SuperpixelIndex.of(superpixel_maps)
    superfeatures = network.superfeatures(features, index)
    views: list[FrameView] | list[None] = [None] * len(frames)
    if network.refinement is not None:
        views = frame_views(features, index)
    return [
        EncodedFrame(superfeatures.of_frame(frame), index.centres_of(frame), superpixels, view)
        for frame, (superpixels, view) in enumerate(zip(superpixel_maps, views, strict=True))
    ]
