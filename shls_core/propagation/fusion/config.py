"""Configuration of what is fused with the superpixel memory."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig


class VideoModelConfig(FrozenConfig):
    """How a model of the video learns to separate its objects."""

    weight: float = Field(default=1.0, ge=0.0, le=100.0)
    """Weight of the model's probabilities, beside 1 for the votes of the memory."""

    l2: float = Field(default=1e-4, gt=0.0, le=1000.0)
    """Penalty of half the squared coefficients of standardised features, beside the mean cross-entropy: with
    the 1,000 superpixels of a first frame, 0.1 beside their sum."""

    frames: int = Field(default=8, ge=0, le=255)
    """Frames directly before the current one whose superpixels it learns from, as they were segmented, in
    addition to all that is given. 0: what is given alone."""

    tolerance: float = Field(default=1e-3, gt=0.0, lt=1.0)
    """Largest gradient, in nats per unit of a coefficient, at which the regression ends."""


class DenseVotesConfig(FrozenConfig):
    """How labels are carried from cell to cell of dense features, beside the memory.

    The keys are those of label propagation (`LabelPropagationConfig`), with the same defaults.
    """

    weight: float = Field(default=1.0, ge=0.0, le=100.0)
    """Weight of the shares of labels, beside 1 for the votes of the memory."""

    context: int = Field(default=20, ge=0, le=255)
    """Frames directly before the current one that give labels, in addition to the first frame."""

    radius: float = Field(default=12.0, gt=0.0, le=1024.0)
    """Radius in cells of the disc around its own place in which a cell is compared."""

    neighbours: int = Field(default=10, ge=1, le=1024)
    """Most similar cells of all context frames together that vote."""

    temperature: float = Field(default=0.05, ge=0.001, le=10.0)
    """The divisor of cosine similarities before the softmax over the neighbours."""

    def labels(self) -> LabelPropagationConfig:
        """Return these values as a configuration of label propagation."""
        return LabelPropagationConfig(**self.model_dump(exclude={"weight"}))


def _on_or_off(section: Any) -> Any:
    """Return a section for the words of a switch: YAML reads a bare ``on`` as true, ``off`` as false."""
    if section is True or section == "on":
        return {}
    return None if section is False or section == "off" else section


def _is_off(section: Any) -> bool:
    return section is None


class FusedMemoryConfig(MemoryConfig):
    """The memory of a video, and what else says to which object a superpixel belongs.

    Each switch is ``off`` (the default), ``on`` (with every default), or a section with its keys. The records
    of what is off are those of a version without the switch.
    """

    discriminative: Annotated[VideoModelConfig | None, BeforeValidator(_on_or_off)] = Field(
        default=None, exclude_if=_is_off
    )
    """A model of the video: a regression on the features of superpixels that separates its objects. None, as
    published: the memory alone."""

    dense: Annotated[DenseVotesConfig | None, BeforeValidator(_on_or_off)] = Field(
        default=None, exclude_if=_is_off
    )
    """Labels carried from cell to cell of the dense features, as shares of superpixels. None, as published:
    the memory alone."""

    @property
    def is_fused(self) -> bool:
        """Whether anything is said beside the memory."""
        return self.discriminative is not None or self.dense is not None
