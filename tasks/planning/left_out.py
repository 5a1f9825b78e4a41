"""Photographs and videos that are in a folder and are left out: they were withdrawn, or are rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shls_core.errors import InputError
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal, listed, withdrawn
from tasks.stages.stage import RowPlan

_REASONS_NAMED = 3


def without_withdrawn(
    store: Store, plans: Sequence[RowPlan], nouns: str = "photographs"
) -> tuple[list[RowPlan], Mapping[str, Withdrawal]]:
    """Return the rows that are to be made of sources, and the withdrawals that forbid the others.

    The rows are those that would be planned for a folder without the withdrawn sources, which `nouns` names.

    Raises
    ------
    InputError
        If none is left.
    """
    denied = withdrawn(store)
    wanted = [plan for plan in plans if denied.keys().isdisjoint(plan.source_ids)]
    met = {image_id for plan in plans for image_id in plan.source_ids if image_id in denied} if denied else ()
    left_out = {image_id: denied[image_id] for image_id in denied if image_id in met}
    if plans and not wanted:
        raise InputError(
            f"expected {nouns} that are not withdrawn, got {len(left_out)}, every one of them withdrawn: "
            f"{listed(left_out.values())}"
        )
    return wanted, left_out


def left_out_line(counts: Mapping[str, int], nouns: str = "photographs") -> str:
    """Return in one line how many sources were left out, given how many for each reason.

    Examples
    --------
    >>> left_out_line({"consent revoked": 1})
    '1 photograph left out: withdrawn (consent revoked)'
    >>> left_out_line({"consent revoked": 1}, "videos")
    '1 video left out: withdrawn (consent revoked)'
    >>> left_out_line({"consent revoked": 2, "shows a plate": 1})
    '3 photographs left out: withdrawn (2 x consent revoked, 1 x shows a plate)'
    """
    total = sum(counts.values())
    sources = " or ".join(noun.removesuffix("s") for noun in nouns.split(" and ")) if total == 1 else nouns
    reasons = (f"{count} x {reason}" if len(counts) > 1 else reason for reason, count in counts.items())
    return f"{total} {sources} left out: withdrawn ({', '.join(reasons)})"


def rejected_line(counts: Mapping[str, int]) -> str:
    """Return in one line how many rows are rejected, given how many for each reason.

    Examples
    --------
    >>> rejected_line({"not an image": 2, "duplicate": 1})
    '3 rejected: 2 x not an image, 1 x duplicate'
    """
    first = [f"{count} x {reason}" for reason, count in counts.items()][:_REASONS_NAMED]
    more = ["…"] if len(counts) > len(first) else []
    return f"{sum(counts.values())} rejected: {', '.join(first + more)}"
