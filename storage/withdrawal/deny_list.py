"""The deny list: photographs and videos that were withdrawn, and which of them a dataset still contains.

The ledger contains the list. A completed run of kind ``withdraw`` names sources in its inputs; in its details
are the reason, and the word for each source that is no photograph. A later run of kind ``reinstate`` removes
them from the list. Nothing is edited.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow.compute as pc

from shls_core.errors import PhotographWithdrawn
from storage.canonical import short
from storage.kinds import RunKind
from storage.rows.dataset import Dataset
from storage.rows.source_kinds import PHOTOGRAPHS, noun_for
from storage.store import Store

NOUNS = "nouns"
"""The detail of a run of kind ``withdraw`` with the word for each source that is no photograph."""
_NAMED = 3
_ID_OF = {PHOTOGRAPHS.noun: "image"}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One source, a photograph or a video, that must no longer be used."""

    source_id: str
    reason: str
    withdrawn_at: str
    """UTC, ISO 8601."""
    user: str | None
    run_id: str
    """Id of the run in the ledger."""
    purged_at: str | None = None
    """When it was erased according to the ledger, if it was; UTC, ISO 8601."""
    noun: str = PHOTOGRAPHS.noun
    """The word for it: ``photograph``, ``video``; ``source`` if it was withdrawn without any file of it."""

    def __str__(self) -> str:
        return f"{short(self.source_id)}… ({self.reason})"

    @property
    def facts(self) -> dict[str, Any]:
        """It as JSON; the id of a photograph is its ``image_id``, that of a video its ``video_id``."""
        facts = asdict(self)
        noun = facts.pop("noun")
        return {f"{_ID_OF.get(noun, noun)}_id": facts.pop("source_id"), **facts}


def withdrawn(store: Store) -> dict[str, Withdrawal]:
    """Return the sources that are withdrawn now, by id, in the order of the ledger."""
    denied: dict[str, Withdrawal] = {}
    for run in store.ledger.runs():
        if run["status"] != "completed":
            continue
        if run["kind"] == RunKind.WITHDRAW:
            details = json.loads(run["details"])
            facts = details["reason"], run["started_at"], run["user"], run["run_id"]
            words = details.get(NOUNS, {})
            for source_id in run["inputs"]:
                noun = words.get(source_id, PHOTOGRAPHS.noun)
                denied.setdefault(source_id, Withdrawal(source_id, *facts, noun=noun))
        elif run["kind"] == RunKind.REINSTATE:
            for source_id in run["inputs"]:
                denied.pop(source_id, None)
        elif run["kind"] == RunKind.PURGE:
            for source_id in denied.keys() & run["inputs"]:
                denied[source_id] = replace(denied[source_id], purged_at=run["started_at"])
    return denied


def withdrawn_in(store: Store, dataset_id: str) -> dict[str, Withdrawal]:
    """Return the withdrawn sources from which any row of a dataset descends, rejected rows included."""
    denied = withdrawn(store)
    if not denied:
        return {}
    held: set[str] = set()
    for artifact in Dataset(store.with_stand_ins(), dataset_id).stages.values():
        sources = artifact.table(["source_ids"])["source_ids"]
        held.update(pc.unique(pc.list_flatten(sources)).to_pylist())
    return {source_id: withdrawal for source_id, withdrawal in denied.items() if source_id in held}


def withdrawn_in_any(store: Store, dataset_ids: Iterable[str]) -> dict[str, Withdrawal]:
    """Return the withdrawn sources from which any row of any of some datasets descends."""
    return {
        source_id: one for dataset in dataset_ids for source_id, one in withdrawn_in(store, dataset).items()
    }


def refuse_withdrawn(store: Store, dataset_id: str, is_allowed: bool = False) -> tuple[str, ...]:
    """Refuse a dataset that contains a withdrawn photograph or video.

    Parameters
    ----------
    store, dataset_id
        The dataset.
    is_allowed
        Whether the user explicitly accepts withdrawn sources.

    Returns
    -------
    tuple of str
        Ids of the withdrawn sources in it: none, unless they are allowed.

    Raises
    ------
    PhotographWithdrawn
        If it contains one, and that is not allowed.
    """
    found = withdrawn_in(store, dataset_id)
    if found and not is_allowed:
        raise PhotographWithdrawn(
            f"expected a dataset without withdrawn {nouns(found.values())}, got {short(dataset_id)}… with "
            f"{listed(found.values())}; `shls dataset build` makes one without, --allow-withdrawn takes this "
            "one all the same"
        )
    return tuple(found)


def listed(withdrawals: Iterable[Withdrawal]) -> str:
    """Describe some withdrawals: the first few by id and reason."""
    every = list(withdrawals)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(map(str, every[:_NAMED])) + more


def nouns(withdrawals: Iterable[Withdrawal]) -> str:
    """Return the word that fits every one of some withdrawn sources, in the plural."""
    return f"{noun_for(withdrawal.noun for withdrawal in withdrawals)}s"


def counted_by_reason(withdrawals: Iterable[Withdrawal]) -> dict[str, int]:
    """Return how many sources were withdrawn for each reason."""
    return dict(Counter(withdrawal.reason for withdrawal in withdrawals))
