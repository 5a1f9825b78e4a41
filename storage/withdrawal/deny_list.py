"""The deny list: photographs that were withdrawn, and which of them a dataset still contains.

The ledger contains the list. A completed run of kind ``withdraw`` names photographs in its inputs and the
reason in its details; a later run of kind ``reinstate`` removes them from the list. Nothing is edited.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from shls_core.errors import PhotographWithdrawn
from storage.canonical import short
from storage.kinds import RunKind
from storage.rows.dataset import Dataset
from storage.store import Store

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One photograph that must no longer be used."""

    image_id: str
    reason: str
    withdrawn_at: str
    """UTC, ISO 8601."""
    user: str | None
    run_id: str
    """Id of the run in the ledger."""
    purged_at: str | None = None
    """When it was erased according to the ledger, if it was; UTC, ISO 8601."""

    def __str__(self) -> str:
        return f"{short(self.image_id)}… ({self.reason})"


def withdrawn(store: Store) -> dict[str, Withdrawal]:
    """Return the photographs that are withdrawn now, by image id, in the order of the ledger."""
    denied: dict[str, Withdrawal] = {}
    for run in store.ledger.runs():
        if run["status"] != "completed":
            continue
        if run["kind"] == RunKind.WITHDRAW:
            facts = json.loads(run["details"])["reason"], run["started_at"], run["user"], run["run_id"]
            for image_id in run["inputs"]:
                denied.setdefault(image_id, Withdrawal(image_id, *facts))
        elif run["kind"] == RunKind.REINSTATE:
            for image_id in run["inputs"]:
                denied.pop(image_id, None)
        elif run["kind"] == RunKind.PURGE:
            for image_id in denied.keys() & run["inputs"]:
                denied[image_id] = replace(denied[image_id], purged_at=run["started_at"])
    return denied


def withdrawn_in(store: Store, dataset_id: str) -> dict[str, Withdrawal]:
    """Return the withdrawn photographs from which any row of a dataset descends, rejected rows included."""
    denied = withdrawn(store)
    if not denied:
        return {}
    held: set[str] = set()
    for artifact in Dataset(store.with_stand_ins(), dataset_id).stages.values():
        sources = artifact.table(["source_ids"])["source_ids"]
        held.update(pc.unique(pc.list_flatten(sources)).to_pylist())
    return {image_id: withdrawal for image_id, withdrawal in denied.items() if image_id in held}


def withdrawn_in_any(store: Store, dataset_ids: Iterable[str]) -> dict[str, Withdrawal]:
    """Return the withdrawn photographs from which any row of any of some datasets descends."""
    return {
        image_id: one for dataset in dataset_ids for image_id, one in withdrawn_in(store, dataset).items()
    }


def refuse_withdrawn(store: Store, dataset_id: str, is_allowed: bool = False) -> tuple[str, ...]:
    """Refuse a dataset that contains a withdrawn photograph.

    Parameters
    ----------
    store, dataset_id
        The dataset.
    is_allowed
        Whether the user explicitly accepts withdrawn photographs.

    Returns
    -------
    tuple of str
        Ids of the withdrawn photographs in it: none, unless they are allowed.

    Raises
    ------
    PhotographWithdrawn
        If it contains one, and that is not allowed.
    """
    found = withdrawn_in(store, dataset_id)
    if found and not is_allowed:
        raise PhotographWithdrawn(
            f"expected a dataset without withdrawn photographs, got {short(dataset_id)}… with "
            f"{listed(found.values())}; `shls dataset build` makes one without, --allow-withdrawn takes this "
            "one all the same"
        )
    return tuple(found)


def listed(withdrawals: Iterable[Withdrawal]) -> str:
    """Describe some withdrawals: the first few by id and reason."""
    every = list(withdrawals)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(map(str, every[:_NAMED])) + more


def counted_by_reason(withdrawals: Iterable[Withdrawal]) -> dict[str, int]:
    """Return how many photographs were withdrawn for each reason."""
    return dict(Counter(withdrawal.reason for withdrawal in withdrawals))
