"""Configuration of video segmentation."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.joined_config import JoinedConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.refinement_mode import RefinementMode, bare_off
from shls_core.propagation.superpixel_memory.pooled_config import SuperpixelMemoryConfig


class PropagationConfig(FrozenConfig):
    """How masks are carried through videos."""

    method: Literal["own", "label_propagation", "superpixel_memory"] = "own"
    """What carries masks. ``own``: the propagation of the trained method. ``label_propagation``: its dense
    features alone, compared from frame to frame. ``superpixel_memory``: the memory of SHLS on the means of
    these features over superpixels."""

    num_superpixels: int | None = Field(default=None, ge=1, le=32_767)
    """Superpixels requested in a frame of any size, unless ``--superpixels`` sets another number; None: one
    per about 100 px, which gives the 4,000 at 854x480 that SHLS found best. Pseudo-sequences come with stored
    superpixels."""

    refinement: Annotated[RefinementMode, BeforeValidator(bare_off)] | None = None
    """The refinement of an SHLS checkpoint that has it; None: as it was trained."""

    label_propagation: LabelPropagationConfig = LabelPropagationConfig()
    """How dense features carry labels."""

    superpixel_memory: SuperpixelMemoryConfig = SuperpixelMemoryConfig()
    """How the superpixel memory uses dense features; SHLS has its own in ``method.memory``."""

    joined: JoinedConfig = Field(default=JoinedConfig(), exclude_if=lambda joined: joined == JoinedConfig())
    """How the features of a second checkpoint are used, where two are used together."""

    precision: Literal["fp32", "bf16"] = Field(default="fp32", exclude_if=lambda kind: kind == "fp32")
    """Number format of the backbone. ``bf16``: operations that tolerate it run in bfloat16, in less than half
    the time on processors that have it; masks are not the same to the bit."""

    def reads_superpixels(self, divides_frames: bool) -> bool:
        """Return whether propagation reads superpixels, given whether the method's own propagation does."""
        if self.method == "own":
            return divides_frames
        if self.method == "superpixel_memory":
            return True
        return self.label_propagation.snap == "superpixels"

    def facts(self) -> dict[str, Any]:
        """Return the values that are read, except superpixels, for records."""
        section = "refinement" if self.method == "own" else self.method
        return self.model_dump(mode="json", include={"method", "precision", section})
