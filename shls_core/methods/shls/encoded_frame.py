"""The network's output for frames, frame by frame."""

from jaxtyping import Int64, UInt8
from torch import Tensor

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
