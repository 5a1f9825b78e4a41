"""The bounds that a dataset must meet to be published."""

import pydantic

from shls_core.frozen import FrozenConfig
from storage.gate.drift_config import DriftConfig
from storage.gate.scenarios import SCENARIOS, Scenario


class GateConfig(FrozenConfig):
    """Bounds of the validation gate; the configuration of the stages is read from their manifests."""

    min_mask_share: float = pydantic.Field(default=0.002, ge=0, le=1)
    """Smallest share of a pseudo-mask, or of a sequence's first mask, that is foreground."""
    max_mask_share: float = pydantic.Field(default=0.9, ge=0, le=1)
    """Largest such share."""
    mostly: float = pydantic.Field(default=0.95, gt=0, le=1)
    """Share of rows that must meet a bound on plausibility; all rows must meet a bound on correctness."""
    max_low_confidence_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of a dataset's pseudo-masks that may be rejected for low confidence: above it, the
    detector does not suit the photographs."""
    max_unmatched_note_share: float = pydantic.Field(default=0.1, ge=0, le=1)
    """Largest share of the rows of `photographs.csv`, or of `videos.csv`, that may be about no file in the
    folder. Rows note consent: above it, table and folder do not belong together."""
    min_train_sequences: int = pydantic.Field(default=1, ge=1)
    """Fewest sequences to train on."""
    min_held_out_sequences: int = pydantic.Field(default=0, ge=0)
    """Fewest sequences to score on."""
    scenarios: tuple[Scenario, ...] = SCENARIOS
    """Scenarios that must occur among the training sequences; `returning` is required for 3 frames and more.

    A synthesis that is configured to exclude one (no clones, at most one object) needs a shorter list.
    """
    min_sequences_per_scenario: int = pydantic.Field(default=1, ge=1)
    """Fewest training sequences in which each scenario must occur."""
    scenarios_from_sequences: int = pydantic.Field(default=400, ge=1)
    """Number of sequences from which on scenarios are required: a smaller dataset may lack one by chance.

    The rarest one at 3 frames, returning, occurs in 2 % of the sequences of whole photographs: one in three
    thousand datasets of 400 sequences lacks it.
    """
    superpixel_count_tolerance: float = pydantic.Field(default=0.6, ge=0, lt=1)
    """Largest deviation of a frame's number of superpixels from the configured number, as a share of it."""
    min_adaptive_superpixels: int = pydantic.Field(default=10, ge=1)
    """Fewest superpixels of a frame if the segmenter, not the configuration, decides their number."""
    min_superpixel_px: int = pydantic.Field(default=1, ge=1)
    """Smallest superpixel, in px."""

    max_lost_frame_share: float = pydantic.Field(default=0.1, ge=0, le=1)
    """Largest share of the frames of videos that may be damaged or missing."""
    max_static_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of the pieces of videos in which nothing may move."""
    max_too_short_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of the pieces of videos that may be too short: above it, cuts are found where none are,
    or the videos are too choppy to learn from."""
    max_dark_or_flat_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """Largest share of the pieces of videos that may be dark or flat."""
    max_no_object_share: float = pydantic.Field(default=0.1, ge=0, le=1)
    """Largest share of clips without any pseudo-object: above it, features tell nothing apart."""
    min_train_clips: int = pydantic.Field(default=1, ge=1)
    """Fewest clips to train on."""
    min_held_out_videos: int = pydantic.Field(default=0, ge=0)
    """Fewest videos with held-out clips."""
    drift: DriftConfig = DriftConfig()
    """How far a dataset may be from the one published before it under its name."""
