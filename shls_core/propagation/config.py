"""Configuration of segmenting videos."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.refinement_mode import RefinementMode, bare_off


class PropagationConfig(FrozenConfig):
    """How masks are carried through videos."""

    method: Literal["own", "label_propagation"] = "own"
    """What carries masks. ``own``: the propagation of the method that was trained. ``label_propagation``: its
    dense features alone, compared from frame to frame."""

    num_superpixels: int | None = Field(default=None, ge=1, le=32_767)
    """Superpixels asked for in a frame of any size, unless ``--superpixels`` says otherwise; None: one for
    about 100 px, which is the 4,000 at 854x480 that SHLS found best. Pseudo-sequences bring theirs along."""

    refinement: Annotated[RefinementMode, BeforeValidator(bare_off)] | None = None
    """How a checkpoint of SHLS that has refinement refines; None: as it was trained to."""

    label_propagation: LabelPropagationConfig = LabelPropagationConfig()
    """How labels are carried by dense features."""

    def reads_superpixels(self, divides_frames: bool) -> bool:
        """Return whether frames are divided, where the method's own propagation divides them or does not."""
        if self.method == "own":
            return divides_frames
        return self.label_propagation.snap == "superpixels"

    def facts(self) -> dict[str, Any]:
        """Return what is read of it, superpixels left aside, for records."""
        section = "refinement" if self.method == "own" else "label_propagation"
        return self.model_dump(mode="json", include={"method", section})
