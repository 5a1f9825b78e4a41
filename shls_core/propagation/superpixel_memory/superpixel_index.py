"""Means over superpixels, as one segment sum for all frames of a batch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Int64
from scipy.sparse import coo_array
from torch import Tensor

from shls_core.errors import InputError


@dataclass(frozen=True)
class SuperpixelIndex:
    """The superpixels of several frames, numbered consecutively.

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
        missing = torch.nonzero(index.areas == 0)
        if len(missing):
            row = int(missing[0])
            frame = max(f for f, start in enumerate(offsets[:-1]) if start <= row)
            raise InputError(
                f"expected superpixel labels 0..{counts[frame] - 1} without gaps, "
                f"got no pixel of {row - offsets[frame]} (frame {frame})"
            )
        return index

    @cached_property
    def at_quarter(self) -> "SuperpixelIndex":
        """The same superpixels at a quarter of the resolution, where small ones may vanish.

        Strides keep pixel 0, so pixel i of a map at a quarter is centred on pixel 4 i of the frame.
        """
        return SuperpixelIndex(self.labels[:, ::4, ::4], self.offsets)

    @cached_property
    def areas(self) -> Float[Tensor, " total"]:
        """Number of pixels of every superpixel; 0 for those that vanished."""
        _, starts = self.pixels
        return starts.diff().float()

    @cached_property
    def pixels(self) -> tuple[Int[Tensor, " pixels"], Int[Tensor, " bounds"]]:
        """Indices of the pixels (row-major over all frames), superpixel after superpixel.

        The second tensor holds where each superpixel starts in the first, and the total at the end.
        """
        labels = self.labels.flatten()
        if labels.is_cuda:
            order = labels.argsort(stable=True)
            starts = F.pad(torch.bincount(labels, minlength=self.total).cumsum(0), (1, 0))
            return order, starts
        # SciPy uses a counting sort, which takes a fiftieth of the time of PyTorch's sort.
        rows, columns = labels.numpy(), np.arange(len(labels))
        shape = (self.total, len(labels))
        table = coo_array((np.ones(len(labels), np.int8), (rows, columns)), shape).tocsr()
        return torch.from_numpy(table.indices), torch.from_numpy(table.indptr)

    def means(self, values: Float[Tensor, "frames C H W"]) -> Float[Tensor, "total C"]:
        """Average every channel over every superpixel; 0 where it vanished. Differentiable.

        Each value is read once if the channels of a pixel are contiguous (``torch.channels_last``), as in
        feature maps of frames of shape H x W x 3; other maps are first copied into that order.
        """
        of_pixels = values.permute(0, 2, 3, 1).reshape(-1, values.shape[1])
        sums: Tensor = _SegmentSum.apply(  # type: ignore[no-untyped-call]
            of_pixels, self.labels.flatten(), *self.pixels
        )
        return sums / self.areas.clamp(min=1.0).to(sums.dtype)[:, None]

    @cached_property
    def positions(self) -> Float[Tensor, "total 3"]:
        """Size and place of every superpixel in 0..1.

        The channels are area / (H W), mean row / (H - 1), mean column / (W - 1); 0 where it vanished.
        """
        frames, height, width = self.labels.shape
        device = self.labels.device
        rows = torch.linspace(0.0, 1.0, height, device=device)[:, None].expand(height, width)
        columns = torch.linspace(0.0, 1.0, width, device=device).expand(height, width)
        places = torch.stack([rows, columns], dim=-1).expand(frames, height, width, 2)
        centres = self.means(places.permute(0, 3, 1, 2))
        return torch.cat([self.areas[:, None] / (height * width), centres], dim=1)

    def centres_of(self, frame: int) -> Float[Tensor, "R 2"]:
        """Return mean row and mean column of every superpixel of one frame, in 0..1."""
        return self.positions[self.offsets[frame] : self.offsets[frame + 1], 1:]


class _SegmentSum(torch.autograd.Function):
    """Sum the rows of each segment; the gradient of a row is that of its segment's sum."""

    @staticmethod
    def forward(
        ctx: Any,
        rows: Float[Tensor, "pixels C"],
        segments: Int64[Tensor, " pixels"],
        order: Int[Tensor, " pixels"],
        starts: Int[Tensor, " bounds"],
    ) -> Float[Tensor, "total C"]:
        # PyTorch's own gradient of embedding_bag sorts again and adds; this gradient is a single gather.
        ctx.save_for_backward(segments)
        return F.embedding_bag(order, rows, starts, mode="sum", include_last_offset=True)

    @staticmethod
    def backward(
        ctx: Any, gradient: Float[Tensor, "total C"]
    ) -> tuple[Float[Tensor, "pixels C"], None, None, None]:
        (segments,) = ctx.saved_tensors
        return gradient.index_select(0, segments), None, None, None
