"""The roles of masks in a pseudo-sequence."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

TEMPLATE: Final = "template"
"""The sequence starts from its photograph, and keeps its own object."""
PASTED: Final = "pasted"
"""An object of it is cut out and pasted into every frame."""
LEFT_OUT: Final = "left out"
"""It was drawn to be pasted, but none of its objects fit: no pixel of it is in the sequence."""
DRAWN: Final = "drawn"
"""It was drawn to be pasted; the recipe, which records whether it was, is missing."""


def roles_of(sequence: Mapping[str, Any], recipe: str | None) -> dict[str, list[str]]:
    """Return the roles of every mask that a pseudo-sequence was made from, by the mask's sample id.

    Parameters
    ----------
    sequence
        ``template_id`` and ``pasted_ids`` of its row.
    recipe
        Its recipe, as JSON; None for a sequence that was rejected or erased.
    """
    roles: dict[str, list[str]] = {}

    def note(role: str, mask_ids: Iterable[str]) -> None:
        for mask_id in dict.fromkeys(mask_ids):
            roles.setdefault(mask_id, []).append(role)

    if sequence["template_id"] is not None:
        note(TEMPLATE, [sequence["template_id"]])
    if recipe is None:
        note(DRAWN, sequence["pasted_ids"] or ())
    else:
        drawn = json.loads(recipe)
        note(PASTED, (pasted["source_id"] for pasted in drawn["objects"]))
        note(LEFT_OUT, (left_out["source_id"] for left_out in drawn["left_out"]))
    return roles
