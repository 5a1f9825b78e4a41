"""What a dataset must look like to be published."""

import pydantic

from shls_core.frozen import FrozenConfig
from storage.gate.scenarios import SCENARIOS, Scenario


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
    scenarios: tuple[Scenario, ...] = SCENARIOS
    """What has to happen among the training sequences; `returning` is asked for of 3 frames and more.

    A synthesis that was told not to make one of them (no clones, at most one object) needs a shorter list.
    """
    min_sequences_per_scenario: int = pydantic.Field(default=1, ge=1)
    """Training sequences in which each scenario has to happen, at least."""
    scenarios_from_sequences: int = pydantic.Field(default=400, ge=1)
    """Sequences from which on scenarios are asked for: a smaller dataset may miss a rare one by chance.

    The rarest at 3 frames, returning, happens in 2 % of the sequences of whole photographs: 400 without one
    come up once in three thousand datasets.
    """
    superpixel_count_tolerance: float = pydantic.Field(default=0.6, ge=0, lt=1)
    """How far the number of superpixels of a frame may be from the number asked for, as a share of it."""
    min_adaptive_superpixels: int = pydantic.Field(default=10, ge=1)
    """Fewest superpixels of a frame where the segmenter, not the configuration, decides their number."""
    min_superpixel_px: int = pydantic.Field(default=1, ge=1)
    """Smallest superpixel, in px."""
