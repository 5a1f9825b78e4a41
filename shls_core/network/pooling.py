"""Means over superpixels, as one segment sum for all frames of a batch."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from shls_core.errors import InputError


@dataclass(frozen=True)
class SuperpixelIndex:
    """The superpixels of several frames, numbered through.

    Attributes
    ----------
    labels : Int64[Tensor, "frames H W"]
        Superpixel map of frame f with `offsets[f]` added, so that no two frames share a label.
    offsets : tuple of int
        First row of every frame, and the total at the end: frame f owns ``offsets[f]:offsets[f + 1]``.
    """

    labels: Int64[Tensor, "frames H W"]
    offsets: tuple[int, ...]

    @property
    def total(self) -> int:
        """Number of superpixels of all frames together."""
        return self.offsets[-1]

    @classmethod
    def of(cls, superpixel_maps: Int64[Tensor, "frames H W"]) -> "SuperpixelIndex":
        """Number the superpixels of maps labelled 0..R-1 each (R may differ between frames).

        Raises
        ------
        InputError
            If a map has a negative label or skips one.
        """
        lowest = superpixel_maps.amin(dim=(1, 2)).tolist()
        counts = (superpixel_maps.amax(dim=(1, 2)) + 1).tolist()
        for frame, label in enumerate(lowest):
            if label != 0:
                raise InputError(f"expected superpixel labels from 0 upwards, got {label} (frame {frame})")
        offsets = [0]
        for count in counts:
            offsets.append(offsets[-1] + count)
        starts = torch.tensor(offsets[:-1], device=superpixel_maps.device)
        index = cls(superpixel_maps + starts[:, None, None], tuple(offsets))
        missing = torch.nonzero(index.areas() == 0)
        if len(missing):
            row = int(missing[0])
            frame = max(f for f, start in enumerate(offsets[:-1]) if start <= row)
            raise InputError(
                f"expected superpixel labels 0..{counts[frame] - 1} without gaps, "
                f"got no pixel of {row - offsets[frame]} (frame {frame})"
            )
        return index

    def at_resolution(self, height: int, width: int) -> "SuperpixelIndex":
        """Bring the label maps to another size by nearest neighbour; superpixels may vanish there."""
        # Pixel i of a map at a quarter is centred on pixel 4 i of the frame: every stride keeps pixel 0.
        rows = torch.arange(height, device=self.labels.device) * self.labels.shape[1] // height
        columns = torch.arange(width, device=self.labels.device) * self.labels.shape[2] // width
        return SuperpixelIndex(self.labels[:, rows[:, None], columns], self.offsets)

    def areas(self) -> Float[Tensor, " total"]:
        """Count the pixels of every superpixel; 0 for those that vanished."""
        return torch.bincount(self.labels.flatten(), minlength=self.total).float()

    def means(self, values: Float[Tensor, "frames C H W"]) -> Float[Tensor, "total C"]:
        """Average every channel over every superpixel; 0 where it vanished. Differentiable."""
        # Summing along rows of channels needs no transposition of the map to pixel-major order: of
        # index_add in either order, embedding_bag, segment_reduce and a sparse product it was the fastest.
        pixels = values.transpose(0, 1).flatten(1)
        sums = pixels.new_zeros(len(pixels), self.total).index_add(1, self.labels.flatten(), pixels)
        return (sums / self.areas().clamp(min=1.0)).T

    def positions(self) -> Float[Tensor, "total 3"]:
        """Describe size and place of every superpixel in 0..1.

        The channels are area / (H W), mean row / (H - 1), mean column / (W - 1); 0 where it vanished.
        """
        frames, height, width = self.labels.shape
        device = self.labels.device
        rows = torch.linspace(0.0, 1.0, height, device=device)[:, None].expand(height, width)
        columns = torch.linspace(0.0, 1.0, width, device=device).expand(height, width)
        centres = self.means(torch.stack([rows, columns]).expand(frames, 2, height, width))
        return torch.cat([self.areas()[:, None] / (height * width), centres], dim=1)
