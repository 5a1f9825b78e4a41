"""The section ``method`` of a configuration of SHLS."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from shls_core.methods.config import MethodConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.training.phases import Phase


class ShlsConfig(MethodConfig):
    """Superfeatures learned from still images: network, memory and loss."""

    name: Literal["shls"] = "shls"
    """Name of the method."""

    network: NetworkConfig = NetworkConfig()
    """The network."""

    memory: MemoryConfig = MemoryConfig()
    """The memory of a video. Propagation uses it, and so does the training of refinement."""

    contrast: Literal["nt_xent", "soft_neighbours"] = "nt_xent"
    """The loss that separates superfeatures by object. ``nt_xent`` pulls all superpixels of an object in a
    frame together, as published. ``soft_neighbours`` pulls each superpixel to some superpixels of its object
    in the other frames, which is what the memory needs in use."""

    temperature: float = Field(default=0.07, gt=0.0, le=10.0)
    """Temperature of the contrast (SHLS: 0.07)."""

    refinement_from: int = Field(default=0, ge=0)
    """Steps that train superfeatures alone, before refinement is trained together with them. The second phase
    restarts the schedule and the moving average; only this phase is validated."""

    refinement_learning_rate: float | None = Field(default=None, gt=0.0, le=1.0)
    """Highest learning rate of the second phase; by default that of the first."""

    used: ClassVar[tuple[str, ...]] = ("memory",)

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
    def _second_phase_begins(self) -> "ShlsConfig":
        if self.refinement_learning_rate and not self.refinement_from:
            raise ValueError("expected refinement_from > 0 with a refinement_learning_rate, got 0")
        return self
