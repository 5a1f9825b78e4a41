"""A frame as the input of refinement: feature maps with positions, in any region and size."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.methods.shls.features.superfeatures import FeatureMaps
from shls_core.methods.shls.refinement.roi import STRIDE
from shls_core.methods.shls.refinement.sampling import nearest_crop, resized_crop
from shls_core.photographs.crops import Box
from shls_core.propagation.superpixel_memory.coarse_mask import paint
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex


@dataclass(frozen=True)
class FrameView:
    """The feature maps of a frame, and labels and positions (size, row, column) of its superpixels.

    Attributes
    ----------
    fine : Float[Tensor, "C1 H W"]
    coarse : Float[Tensor, "C4 h w"]
        At a quarter of the resolution.
    superpixels : Int64[Tensor, "H W"]
        Labels 0..R-1.
    positions : Float[Tensor, "R 3"]
    coarse_superpixels : Int64[Tensor, "h w"]
    coarse_positions : Float[Tensor, "R 3"]
        Positions in the coarse map.
    """

    fine: Float[Tensor, "C1 H W"]
    coarse: Float[Tensor, "C4 h w"]
    superpixels: Int64[Tensor, "H W"]
    positions: Float[Tensor, "R 3"]
    coarse_superpixels: Int64[Tensor, "h w"]
    coarse_positions: Float[Tensor, "R 3"]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the frame."""
        return self.superpixels.shape[0], self.superpixels.shape[1]

    def fine_in(self, region: Box, size: tuple[int, int]) -> Float[Tensor, "C height width"]:
        """Return fine features and positions in a region, resized to `size`."""
        positions = self.painted_in(self.positions, region, size)
        return torch.cat([resized_crop(self.fine, region, size), positions])

    def coarse_in(self, region: Box, size: tuple[int, int]) -> Float[Tensor, "C h w"]:
        """Return coarse features and positions in a region, resized to a quarter of `size`."""
        height, width = size[0] // STRIDE, size[1] // STRIDE
        quarter = Box(*(corner // STRIDE for corner in region))
        superpixels = nearest_crop(self.coarse_superpixels, quarter, (height, width))
        positions = paint(self.coarse_positions, superpixels).permute(2, 0, 1)
        return torch.cat([resized_crop(self.coarse, quarter, (height, width)), positions])

    def painted_in(
        self, values: Float[Tensor, "R C"], region: Box, size: tuple[int, int]
    ) -> Float[Tensor, "C height width"]:
        """Give every pixel of a region, resized to `size`, the values of its superpixel."""
        return paint(values, nearest_crop(self.superpixels, region, size)).permute(2, 0, 1)


def frame_views(features: FeatureMaps, index: SuperpixelIndex) -> list[FrameView]:
    """Return the views of all frames that were encoded together."""
    # As in the superfeatures, positions carry no gradient.
    positions, coarse_positions = index.positions, index.at_quarter.positions
    views = []
    for frame, (start, stop) in enumerate(zip(index.offsets[:-1], index.offsets[1:], strict=True)):
        views.append(
            FrameView(
                features.fine[frame],
                features.coarse[frame],
                index.labels[frame] - start,
                positions[start:stop],
                index.at_quarter.labels[frame] - start,
                coarse_positions[start:stop],
            )
        )
    return views
