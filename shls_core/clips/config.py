"""What becomes of videos: which of their frames are kept, and what a clip is."""

import pydantic

from shls_core.frozen import FrozenConfig
from shls_core.photographs.near_duplicates import NEAR_DUPLICATE_BITS
from shls_core.photographs.perceptual_hash import HASH_BITS


class FootageConfig(FrozenConfig):
    """Which videos are taken in, and which of their frames, at which size."""

    videos: str | None = pydantic.Field(default=None, min_length=1)
    """A folder of films and of folders of frames, with its subfolders, also linked ones, without stores in
    it, or ``s3://bucket/prefix``. A file `videos.csv` in the folder may note source, licence, consent and
    scene per file name."""
    fps: float = pydantic.Field(default=6.0, gt=0, le=240)
    """Frames of a film that are kept, per second; of a slower film all. Of a folder of frames, which states
    no rate, every frame is kept."""
    max_side: int = pydantic.Field(default=640, ge=32)
    """Longest side of a kept frame of a film, in px; larger ones are scaled down, none is scaled up. Frames
    of a folder stay as they are."""
    min_side: int = pydantic.Field(default=64, ge=8)
    """Videos with a shorter side below this, in px, are rejected."""


class ClipsConfig(FrozenConfig):
    """How footage is cut into clips, and which pieces of it are rejected."""

    side: int = pydantic.Field(default=320, ge=16)
    """Shorter side of a clip's frames, in px; larger ones are scaled down, none is scaled up."""
    max_frames: int = pydantic.Field(default=36, ge=2)
    """Most frames of a clip; longer pieces are divided, so that what is drawn is of one part of a video."""
    min_frames: int = pydantic.Field(default=5, ge=2)
    """Fewest frames of a clip."""
    cut_change: float = pydantic.Field(default=0.45, gt=0, le=1)
    """Change between two frames, 0..1, above which there may be a cut."""
    cut_ratio: float = pydantic.Field(default=3.0, ge=0)
    """How many times the median change of the eight frames around it a cut's change has to exceed."""
    min_motion: float = pydantic.Field(default=1.5, ge=0)
    """Least motion of a clip: mean absolute difference of luma between frames, in grey levels."""
    min_moving_share: float = pydantic.Field(default=0.02, ge=0, le=1)
    """Least share of a clip's blocks that change by more than four grey levels."""
    min_luma_deviation: float = pydantic.Field(default=8.0, ge=0)
    """Least standard deviation of luma within frames, in grey levels: below it a clip is dark or flat."""
    max_clips_per_video: int = pydantic.Field(default=8, ge=1)
    """Most clips of one video, spread evenly over it: no long video dominates."""
    near_duplicate_bits: int = pydantic.Field(default=NEAR_DUPLICATE_BITS, ge=0, le=HASH_BITS)
    """Videos with clips whose middle frames differ in this many of 64 bits of their perceptual hashes or
    fewer are on the same side of the split."""

    @pydantic.model_validator(mode="after")
    def _lengths_in_order(self) -> "ClipsConfig":
        if self.min_frames > self.max_frames:
            raise ValueError(f"expected min_frames <= max_frames, got {self.min_frames} > {self.max_frames}")
        return self
