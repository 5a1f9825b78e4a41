"""Configuration of pseudo-sequence synthesis."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shls_core.frozen import FrozenConfig

REFERENCE_FRAME_SIZE = 256
"""Frame side at which lengths in pixels are given; they scale with the frame."""


def _ordered(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    if not 0 < low <= high:
        raise ValueError(f"expected an interval 0 < low <= high, got {low} .. {high}")
    return interval


Interval = Annotated[tuple[float, float], AfterValidator(_ordered)]
Share = Annotated[float, Field(ge=0, le=1)]


class SynthesisConfig(FrozenConfig):
    """How still images become pseudo-sequences.

    "The paper" is Mendonça et al., BMVC 2023, section 3.1; "its runs" are the ranges its authors used; what
    is marked "ours" is our choice where neither gives a value.
    """

    frame_size: int = Field(default=256, ge=32, le=2048)
    """Height and width of every frame, px. Its runs: 256."""
    num_frames: int = Field(default=3, ge=2, le=64)
    """Frames of a pseudo-sequence. Its runs: 3 in training, more in held-out sequences."""
    sequences_per_template: int = Field(default=1, ge=1)
    """Pseudo-sequences that start from every still image. Ours."""

    max_objects: int = Field(default=3, ge=1, le=254)
    """Most objects of a sequence, those of the template included. Its runs: 3 (4 labels)."""
    min_objects: int = Field(default=1, ge=1)
    """Fewest objects of the first frame; a sequence with fewer is rejected. Its runs: 1."""
    single_object_share: Share = 0.25
    """Share of sequences into which nothing is pasted, so that objects and background come from one image
    without an illumination gap (the paper); the share is ours."""
    clone_probability: Share = 1 / 3
    """Probability that the next pasted object repeats the previous source. Its runs: 1/3."""

    brightness: Share = 0.2
    """Largest relative change of brightness. Its runs: 0.2."""
    contrast: Share = 0.2
    """Largest relative change of contrast. Its runs: 0.2."""
    saturation: Share = 0.2
    """Largest relative change of saturation. Its runs: 0.2."""
    hue_turns: float = Field(default=0.01, ge=0, le=0.5)
    """Largest turn of the hue, in full turns of the colour circle. Its runs: 0.01."""

    augmentation_probability: Share = 0.5
    """Probability of each of rotation, shear, translation and scale. Its runs: 0.5."""
    rotation_deg: float = Field(default=30.0, ge=0, le=180)
    """Largest rotation either way, degrees. Its runs: 30."""
    shear_deg: float = Field(default=15.0, ge=0, le=60)
    """Largest shear of the columns either way, degrees. Its runs: 15."""
    translation_px: float = Field(default=15.0, ge=0)
    """Largest translation of the template per axis, px at a frame of 256. Its runs: 15."""
    scale: Interval = (0.8, 1.2)
    """Scale factor, drawn for each axis. Its runs: 0.8-1.2."""

    template_side: float = Field(default=1.1, ge=1, le=4)
    """Shorter side of the resized template, divided by the frame side; the excess gives later frames room to
    move before the template's border becomes visible. Ours."""
    zoom: Interval = (0.8, 1.1)
    """Resize factor of the template in every later frame. Its runs: 0.8-1.1."""
    crop_jitter_px: float = Field(default=20.0, ge=0)
    """Largest shift of the crop of every later frame per axis, px at a frame of 256. Its runs: 20."""

    binarisation_level: Interval = (0.25, 0.75)
    """Threshold on the saliency map of a pasted source, divided by the map's maximum. Its runs draw the level
    at random; the interval is ours."""
    min_component_share: Share = 0.01
    """Smallest component that may be pasted, as a share of its image's area. Its runs: 0.1 %; ours 1 %,
    because `object_side` enlarges one in five of theirs more than twice, and one in a hundred of ours."""
    object_side: Interval = (0.10, 0.60)
    """Shorter side of a pasted object's box in frame 0, divided by the frame side. Its runs: 10-60 %."""
    max_object_length: float = Field(default=1.0, gt=0)
    """Limit of the longer side of that box, divided by the frame side; it overrides `object_side`. Ours."""
    corner_shift: float = Field(default=0.10, ge=0, le=0.24)
    """Largest shift of each corner of an object's box, divided by the box's sides: the homography of one
    frame. Its runs: 10 %."""

    reach: Share = 0.2
    """Growth of the previous frame's box, in which the next place lies, divided by the frame side; half of it
    on each side. Its runs: 0.2."""
    reach_per_frame: Share = 0.1
    """Growth of `reach` with every frame; their sum never exceeds the frame side. Its runs: 0.1."""
    placement_attempts: int = Field(default=3, ge=1)
    """Places tried for a pasted object before it is left out. Its runs: 3."""
    min_kept_share: float = Field(default=0.5, ge=0, lt=1)
    """Every object keeps more than this share of its pixels in every frame. Its runs: 0.5."""
    min_visible_share: Share = 0.001
    """Smallest visible area of an object in the first frame, as a share of the frame's area; smaller ones are
    dropped. Ours, after the smallest component of a pseudo-mask."""

    @model_validator(mode="after")
    def _counts_agree(self) -> "SynthesisConfig":
        if self.min_objects > self.max_objects:
            raise ValueError(
                f"expected min_objects <= max_objects, got {self.min_objects} > {self.max_objects}"
            )
        return self

    def scaled_px(self, length_px: float) -> float:
        """Return a length given at a frame of 256 px in pixels of this frame."""
        return length_px * self.frame_size / REFERENCE_FRAME_SIZE
