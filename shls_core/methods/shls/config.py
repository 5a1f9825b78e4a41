"""The section ``method`` of a configuration of SHLS."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    model_serializer,
    model_validator,
)

from shls_core.methods.config import MethodConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.training.phases import Phase

Contrast = Literal["nt_xent", "soft_neighbours", "exact_warp"]


def _weighted(given: Any) -> Any:
    return {given: 1.0} if isinstance(given, str) else given


_Weights = dict[Contrast, Annotated[float, Field(gt=0.0)]]
Contrasts = Annotated[_Weights, BeforeValidator(_weighted, json_schema_input_type=Contrast | _Weights)]
_OF_CORRESPONDENCE = ("correspondence_share", "points_per_frame", "min_distance_px")


class ShlsConfig(MethodConfig):
    """Superfeatures learned from still images: network, memory and loss."""

    name: Literal["shls"] = "shls"
    """Name of the method."""

    network: NetworkConfig = NetworkConfig()
    """The network."""

    memory: MemoryConfig = MemoryConfig()
    """The memory of a video. Propagation uses it, and so does the training of refinement."""

    correspondence_share: float = Field(default=0.5, ge=0.0, le=100.0)
    """Length of the mean vectors of correspondence that are appended to superfeatures, as a share of theirs,
    if the network has such vectors (``network.correspondence_size``)."""

    contrast: Contrasts = Field(default="nt_xent", validate_default=True)
    """The losses that features are learned with, by name, each with its weight; a name alone has weight 1.
    ``nt_xent`` pulls all superpixels of an object in a frame together, as published. ``soft_neighbours``
    pulls each superpixel to some superpixels of its object in the other frames, which is what the memory
    needs in use. ``exact_warp`` lets every point find itself in the other frames of its sequence, among the
    points of all sequences of the batch; it needs ``network.correspondence_size``."""

    temperature: float = Field(default=0.07, gt=0.0, le=10.0)
    """Temperature of every contrast (SHLS: 0.07)."""

    points_per_frame: int = Field(default=160, ge=1, le=65536)
    """Points of a frame that are looked for in each later frame, for ``exact_warp``."""

    min_distance_px: float = Field(default=10.0, ge=0.0)
    """Points of the same two frames that are nearer than this, in px, are no negatives of each other."""

    refinement_from: int = Field(default=0, ge=0)
    """Steps that train superfeatures alone, before refinement is trained together with them. The second phase
    restarts the schedule and the moving average; only this phase is validated."""

    refinement_learning_rate: float | None = Field(default=None, gt=0.0, le=1.0)
    """Highest learning rate of the second phase; by default that of the first."""

    used: ClassVar[tuple[str, ...]] = ("memory", "correspondence_share")

    @model_serializer(mode="wrap")
    def _as_recorded(self, serialize: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Write a single contrast by its name, and no keys of exact correspondence without its vectors.

        So what a configuration without them writes is what it wrote before there were any.
        """
        written = serialize(self)
        if set(self.contrast.values()) == {1.0} and len(self.contrast) == 1 and "contrast" in written:
            (written["contrast"],) = self.contrast
        off = () if self.network.correspondence_size else _OF_CORRESPONDENCE
        return {key: value for key, value in written.items() if key not in off}

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Superfeatures alone, then with refinement; one phase if `refinement_from` is 0."""
        if not self.refinement_from:
            return (Phase(),)
        second = Phase(self.refinement_from, self.refinement_learning_rate, key="method.refinement_from")
        return (Phase(), second)

    def unread(self, validates: bool) -> frozenset[str]:
        """Return the keys that training does not read: the memory, without refinement and validation."""
        return super().unread(validates or self.network.refinement.mode != "off")

    @model_validator(mode="after")
    def _contrasts_fit(self) -> "ShlsConfig":
        if not self.contrast:
            raise ValueError("expected at least one contrast, got none")
        if "exact_warp" in self.contrast and not self.network.correspondence_size:
            raise ValueError("expected network.correspondence_size > 0 with contrast exact_warp, got 0")
        return self

    @model_validator(mode="after")
    def _second_phase_begins(self) -> "ShlsConfig":
        if self.refinement_learning_rate and not self.refinement_from:
            raise ValueError("expected refinement_from > 0 with a refinement_learning_rate, got 0")
        return self
