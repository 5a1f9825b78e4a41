"""Presets of quality: names for combinations of switches that there are anyway."""

from dataclasses import dataclass
from typing import Literal, get_args

from shls_core.errors import InputError

QualityName = Literal["fast", "balanced", "best"]


@dataclass(frozen=True)
class Quality:
    """A preset. It sets every switch that propagation reads, on or off; options of a command override it.

    Attributes
    ----------
    name : str
        Its name on the command line.
    meaning : str
        Whom it is for.
    max_side : int or None
        Longest side in px at which videos are processed; None: their own size.
    discriminative : bool
        Whether a model of the video votes beside a superpixel memory (``memory.discriminative``).
    bfloat16 : bool
        Whether backbones compute in bfloat16 where the device has it (``propagation.precision``).
    snap : bool
        Whether masks of label propagation snap to superpixels; those of a superpixel memory always do.
    adapts : bool
        Whether a network learns each video from its propagated masks (``adaptation.mode``).
    """

    name: QualityName
    meaning: str
    max_side: int | None
    discriminative: bool
    bfloat16: bool
    snap: bool
    adapts: bool

    def __str__(self) -> str:
        size = "frames as they are" if self.max_side is None else f"frames of at most {self.max_side} px"
        switches = {
            "model of the video": self.discriminative,
            "bf16 where the processor has it": self.bfloat16,
            "snapped labels": self.snap,
            "adaptation": self.adapts,
        }
        return f"{self.name} ({', '.join([size, *(what for what, is_on in switches.items() if is_on)])})"


QUALITIES: tuple[Quality, ...] = (
    Quality(
        name="fast",
        meaning="to look at a clip, on a laptop",
        max_side=427,
        discriminative=True,
        bfloat16=True,
        snap=True,
        adapts=False,
    ),
    Quality(
        name="balanced",
        meaning="four times the pixels: thin objects keep their shape",
        max_side=854,
        discriminative=True,
        bfloat16=True,
        snap=True,
        adapts=False,
    ),
    Quality(
        name="best",
        meaning="masks to keep: frames are read twice, and a network learns each video",
        max_side=854,
        discriminative=True,
        bfloat16=False,
        snap=True,
        adapts=True,
    ),
)
"""All presets, the fastest first. Their values are to be tuned by measurement."""


def quality_named(name: str) -> Quality:
    """Return the preset with a name.

    Raises
    ------
    InputError
        If there is none.
    """
    for quality in QUALITIES:
        if quality.name == name:
            return quality
    raise InputError(f"expected --quality {', '.join(get_args(QualityName))}, got {name}")


def quality_help() -> str:
    """Return what the help of a command says about the presets."""
    listed = "; ".join(f"{quality}: {quality.meaning}" for quality in QUALITIES)
    return f"A preset of switches, which other options override: {listed}. By default none."
