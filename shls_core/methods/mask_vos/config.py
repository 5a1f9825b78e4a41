"""The section ``method`` of a configuration of Mask-VOS."""

from typing import ClassVar, Final, Literal

from pydantic import Field, model_validator

from shls_core.methods.dul.config import DulKeys, DulNetworkConfig, ViewsConfig
from shls_core.methods.mask_vos.use_config import MaskVosUseConfig

NUM_FRAMES: Final = 3
"""Frames of a clip in a step: two references, then the query."""


class MaskVosNetworkConfig(DulNetworkConfig):
    """Shape of the network; equal configurations accept each other's weights."""

    mask_encoder: Literal["fused", "plain"] = "fused"
    """What encodes a frame with the mask of an object: three layers of a backbone of its own, fused with the
    visual features of the frame, as in the authors' code; or a whole backbone, as in the paper."""

    decoder_width: float = Field(default=1.0, ge=0.0625, le=4.0)
    """Factor on every channel count of mask encoder and decoder: 1.0 as published."""


class MaskVosViewsConfig(ViewsConfig):
    """Which frames of a clip are used, and how its two views are cut out of them."""

    num_frames: Literal[3] = 3
    """Frames of a clip in a step: two references, then the query. Published: 3."""

    gap: int = Field(default=1, ge=1, le=1000)
    """Distance from the first reference to the second, in frames. Published: 1."""

    long_gap: int = Field(default=5, ge=2, le=1000)
    """Least distance from the first reference to the query, in frames; in shorter clips, the largest that
    there is. Published: 5."""

    @model_validator(mode="after")
    def _query_comes_last(self) -> "MaskVosViewsConfig":
        if self.gap >= self.long_gap:
            raise ValueError(f"expected a gap below long_gap, {self.long_gap}, got {self.gap}")
        return self


class MaskVosConfig(DulKeys):
    """Mask-VOS: network, views, losses and use; it stands on DUL, whose keys it has, too."""

    name: Literal["mask_vos"] = "mask_vos"
    """Name of the method."""

    network: MaskVosNetworkConfig = MaskVosNetworkConfig()
    """The network."""

    views: MaskVosViewsConfig = MaskVosViewsConfig()
    """Frames and views of a clip."""

    correspondence: Literal["short_long", "dul"] = "short_long"
    """What teaches correspondence: neighbouring and distant frames of a clip, as in the paper; or the two
    terms of DUL, as in the authors' joint training."""

    short_weight: float = Field(default=0.1, ge=0.0)
    """Weight of the term of neighbouring frames (published: 0.1)."""

    long_weight: float = Field(default=0.5, ge=0.0)
    """Weight of the term of distant frames (published: 0.5)."""

    space_time_weight: float = Field(default=1.0, ge=0.0)
    """Weight of the space-time term, with ``correspondence: dul`` (authors' code: 1)."""

    segmentation_weight: float = Field(default=1.0, ge=0.0)
    """Weight of the segmentation term (published: 1). With 0, frames alone are read: the first part of the
    published training."""

    pseudo_masks: Literal["clusters", "shards"] = "clusters"
    """What the segmentation term learns from: clusters of the features of a checkpoint, a stage of the
    dataset; or the pseudo-masks that pseudo-sequences of stills have."""

    targets: int = Field(default=2, ge=1, le=16)
    """Most pseudo-objects of a clip that a step segments (authors' code: 2)."""

    supervised_frames: Literal["last", "all"] = "all"
    """Frames that are segmented: the query from both references; or the second reference from the first, too,
    each with the same weight, as in the authors' code."""

    train_encoder: bool = True
    """Whether the backbone of the visual encoder learns, as in the paper; if not, it stays as it began, as
    in the authors' code, and only its projection learns."""

    use: MaskVosUseConfig = MaskVosUseConfig()
    """How masks are carried."""

    used: ClassVar[tuple[str, ...]] = ("use",)

    @property
    def segments(self) -> bool:
        """Whether the segmentation term is learned, for which pseudo-masks are read."""
        return self.segmentation_weight > 0
