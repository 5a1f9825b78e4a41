"""What a mask file was found to show: its labels, and which objects they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8

_OBJECTS_LISTED = 8

Naming = Literal["labels", "single", "numbered"]


@dataclass(frozen=True)
class SeenObject:
    """One object of a mask.

    Attributes
    ----------
    label : int
        1..254.
    seen_as : str
        How the file shows it: ``index 1, #800000``, ``grey 5``, ``#dc1e1e``, ``white``, ``opaque pixels``.
    share : float
        Share of the frame, 0..1.
    mark : int or None
        The colour as 0xRRGGBB, or the 16-bit value, that is the same object in every mask; None for grey.
    """

    label: int
    seen_as: str
    share: float
    mark: int | None = None


@dataclass(frozen=True)
class MaskReading:
    """Labels, and what they were read from.

    Attributes
    ----------
    labels : UInt8[numpy.ndarray, "H W"]
        0 background, 1..254 objects.
    objects : tuple of SeenObject
        By label; none if the mask is background only.
    naming : {"labels", "single", "numbered"}
        Whether the file has labels, one object without a label, or colours that were numbered.
    notes : tuple of str
        What was decided beside: soft edges, void, the colour of the background.
    """

    labels: UInt8[np.ndarray, "H W"]
    objects: tuple[SeenObject, ...]
    naming: Naming
    notes: tuple[str, ...] = ()


def described(name: str, objects: Sequence[SeenObject], notes: Sequence[str] = ()) -> str:
    """Return one line about the objects of a mask.

    Examples
    --------
    >>> described("first.png", [SeenObject(1, "white", 0.0625)], ["soft edges cut: 12 px"])
    'first.png: 1 object: 1 (white, 6.2 %); background 93.8 %; soft edges cut: 12 px'
    """
    listed = [f"{one.label} ({one.seen_as}, {percent(one.share)})" for one in objects[:_OBJECTS_LISTED]]
    if len(objects) > _OBJECTS_LISTED:
        listed.append(f"and {len(objects) - _OBJECTS_LISTED} more")
    number = "1 object" if len(objects) == 1 else f"{len(objects)} objects"
    background = max(0.0, 1 - sum(one.share for one in objects))
    parts = [f"{number}: {', '.join(listed)}", f"background {percent(background)}", *notes]
    return f"{name}: {'; '.join(parts)}"


def percent(share: float) -> str:
    """Return a share as per cent: one decimal, more for what is very little.

    Examples
    --------
    >>> percent(0.5), percent(0.0001), percent(0)
    ('50.0 %', '0.01 %', '0.0 %')
    """
    return f"{100 * share:.1f} %" if share == 0 or share >= 0.0005 else f"{100 * share:.2g} %"
