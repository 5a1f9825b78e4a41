"""Configuration of two checkpoints that are used together."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shls_core.frozen import FrozenConfig
from shls_core.propagation.fusion.config import DenseVotesConfig


def _switched(section: Any) -> Any:
    """Return a section for the words of a switch, which YAML may have read as truth values."""
    named = {"on": True, "off": False}.get(section, section) if isinstance(section, str) else section
    return ({} if named else None) if isinstance(named, bool) else named


class JoinedVotesConfig(DenseVotesConfig):
    """How dense features of the second checkpoint carry labels, as votes beside the memory of the first."""

    features: str = Field(default="layer4", min_length=1)
    """Features of the second network that are compared from cell to cell."""


class JoinedConfig(FrozenConfig):
    """How a superpixel memory uses the features of a second checkpoint; with one, none of it is read."""

    features: str = Field(default="layer3", min_length=1)
    """Features of the second network whose means over superpixels are joined: the name of a layer or of an
    embedding."""

    share: float = Field(default=1.0, gt=0.0, le=100.0)
    """Length of the second network's vectors, as a multiple of those of the first network, which they are
    appended to; together they get unit length."""

    side: int = Field(default=854, ge=1, le=16384)
    """Longest side in px that frames have for the second network, as nearly as a whole factor that divides
    its stride can enlarge them: at 427 px, cells of stride 8 are 4 px apart. Frames are never shrunk. 1: as
    they are."""

    votes: Annotated[JoinedVotesConfig | None, BeforeValidator(_switched)] = None
    """Whether the second network also carries labels from cell to cell, as votes: `method.memory.dense` with
    its features. ``off``, ``on``, or a section with its keys."""
