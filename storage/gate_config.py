"""What a dataset must look like to be published."""

import pydantic

from shls_core.frozen import FrozenConfig


class GateConfig(FrozenConfig):
    """Bounds of the validation gate; what the stages were configured to make is read from their manifests."""

    min_mask_share: float = pydantic.Field(default=0.002, ge=0, le=1)
    """Smallest share of a pseudo-mask, or of a sequence's first mask, that is foreground."""
    max_mask_share: float = pydantic.Field(default=0.9, ge=0, le=1)
    """Largest such share."""
    mostly: float = pydantic.Field(default=0.95, gt=0, le=1)
    """Share of rows that must keep a bound about plausibility; of bounds about correctness, all must."""
    max_low_confidence_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of a dataset's pseudo-masks that may be rejected for little confidence: above it, the
    detector does not suit the photographs."""
    min_train_sequences: int = pydantic.Field(default=1, ge=1)
    """Fewest sequences to train on."""
    min_held_out_sequences: int = pydantic.Field(default=0, ge=0)
    """Fewest sequences to score on."""
    superpixel_count_tolerance: float = pydantic.Field(default=0.6, ge=0, lt=1)
    """How far the number of superpixels of a frame may be from the number asked for, as a share of it."""
    min_superpixel_px: int = pydantic.Field(default=1, ge=1)
    """Smallest superpixel, in px."""
