"""The section ``method`` of a configuration of SHLS."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from shls_core.methods.config import MethodConfig
from shls_core.methods.shls.memory.config import MemoryConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.phases import Phase


class ShlsConfig(MethodConfig):
    """Superfeatures learned from still images: network, memory and loss."""

    name: Literal["shls"] = "shls"
    """Name of the method."""

    network: NetworkConfig = NetworkConfig()
    """The network."""

    memory: MemoryConfig = MemoryConfig()
    """The memory of a video: masks are propagated, and refinement is trained, through it."""

    contrast: Literal["nt_xent", "soft_neighbours"] = "nt_xent"
    """How superfeatures are told apart by object. ``nt_xent``: all superpixels of an object in a frame are
    pulled together, as published. ``soft_neighbours``: each is to be nearest to some of its object in the
    other frames, which is what the memory asks of them in use."""

    temperature: float = Field(default=0.07, gt=0.0, le=10.0)
    """Temperature of the contrast (SHLS: 0.07)."""

    refinement_from: int = Field(default=0, ge=0)
    """Steps for superfeatures alone, before refinement is trained together with them. The second phase begins
    schedule and moving average anew; validations are of it."""

    refinement_learning_rate: float | None = Field(default=None, gt=0.0, le=1.0)
    """Highest learning rate of the second phase; by default that of the first."""

    used: ClassVar[tuple[str, ...]] = ("memory",)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Superfeatures alone, then with refinement; without `refinement_from`, one phase."""
        if not self.refinement_from:
            return (Phase(),)
        second = Phase(self.refinement_from, self.refinement_learning_rate, key="method.refinement_from")
        return (Phase(), second)

    def unread(self, validates: bool) -> frozenset[str]:
        """Return the keys that a training does not read: without refinement and validation, the memory."""
        return super().unread(validates or self.network.refinement.mode != "off")

    @model_validator(mode="after")
    def _second_phase_begins(self) -> "ShlsConfig":
        if self.refinement_learning_rate and not self.refinement_from:
            raise ValueError("expected refinement_from > 0 with a refinement_learning_rate, got 0")
        return self
