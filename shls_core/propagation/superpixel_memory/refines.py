"""What refines the masks of one video, after the memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor


@dataclass(frozen=True)
class RefinedFrame:
    """The result of a frame.

    Attributes
    ----------
    labels : tuple of int
        0 for the background, then the objects, in ascending order.
    log_odds : Float[Tensor, "classes H W"]
        Of every class; their softmax over classes gives the probabilities (soft aggregation).
    """

    labels: tuple[int, ...]
    log_odds: Float[Tensor, "classes H W"]

    @property
    def mask(self) -> UInt8[Tensor, "H W"]:
        """The most probable label of every pixel; the lowest one on ties."""
        labels = torch.tensor(self.labels, dtype=torch.uint8, device=self.log_odds.device)
        return labels[self.log_odds.argmax(dim=0)]


@runtime_checkable
class Refines(Protocol):
    """Refines the objects of one video, frame by frame."""

    def introduce(
        self, view: Any, mask: Int64[Tensor, "H W"], labels: Sequence[int], attention: Float[Tensor, "K R 4"]
    ) -> None:
        """Add objects whose mask is given in a frame; attention is that of the objects in this frame."""

    def refine(
        self,
        view: Any,
        attention: Float[Tensor, "K R 4"],
        coarse: Int64[Tensor, "H W"],
        guide: Int64[Tensor, "H W"] | None = None,
    ) -> RefinedFrame:
        """Return the refined mask of the next frame; `guide` sets the regions in place of `coarse`."""
