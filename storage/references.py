"""Resolve a user's reference to the id of an artifact: a name, an id, or the beginning of an id."""

import json
import re
from collections.abc import Sequence
from typing import Any

from shls_core.errors import NameUnknown, ObjectCorrupted
from storage.canonical import short
from storage.kinds import RecordKind, made_by
from storage.store import Store

_FEWEST_DIGITS = 6
_LARGEST_RECORD_BYTES = 16 << 20
_LISTED_BY = {RecordKind.DATASET: "`shls dataset list`", RecordKind.CHECKPOINT: "`shls checkpoint list`"}


def resolve(store: Store, reference: str, *kinds: str) -> str:
    """Return the id that `reference` means.

    Parameters
    ----------
    store
        Where to look.
    reference
        ``photos``, ``photos@latest``, ``photos@v3``, an id, or at least its first six digits.
    kinds
        The kinds of record expected: ``dataset``, ``checkpoint``, ``evaluation``, …

    Raises
    ------
    NameUnknown
        If the reference means no artifact of these kinds, or more than one.
    """
    kind = _listed(kinds)
    named = meant_by_name(store, reference)
    if named is not None:
        return _require_kind(store, named, reference, kinds)
    if begins_an_id(reference):
        found = [digest for digest in store.objects.find(reference) if _kind(store, digest) in kinds]
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            raise NameUnknown(
                f"expected the id of one {kind}, got {reference}, which begins {len(found)} of them"
            )
    if removed_at := _removed_at(store, reference):
        raise NameUnknown(_removed(reference, removed_at))
    lists = " and ".join(command for of, command in _LISTED_BY.items() if of in kinds)
    see = f"; see {lists}" if lists else ""
    raise NameUnknown(f"expected the name or id of a {kind}, got {reference!r}{see}")


def meant_by_name(store: Store, reference: str) -> str | None:
    """Return the id that ``photos``, ``photos@latest`` or ``photos@v3`` means; None if it is not a name."""
    name, at, version = reference.partition("@")
    if at and not version:  # ``photos@`` says of which name a version is meant, and not which
        return None
    return store.names.resolve(name, version or "latest")


def begins_an_id(reference: str) -> bool:
    """Return whether this is an id, or enough of its first digits to look it up."""
    return bool(re.fullmatch(rf"[0-9a-f]{{{_FEWEST_DIGITS},64}}", reference))


def newest_dataset(store: Store) -> str:
    """Return the id of the dataset that was published last.

    Raises
    ------
    NameUnknown
        If no dataset was published.
    """
    rows = store.names.rows()
    if not rows:
        raise NameUnknown(
            f"expected a published dataset in {store.location}, found none; `shls dataset build` makes one"
        )
    return str(rows[-1]["digest"])


def newest_checkpoint(store: Store) -> str:
    """Return the id of the checkpoint that was last trained, found already trained, or imported.

    Raises
    ------
    NameUnknown
        If there is none.
    """
    kinds = made_by(RecordKind.CHECKPOINT)
    for run in reversed(store.ledger.runs()):
        if run["kind"] in kinds and run["status"] == "completed":
            return str(run["outputs"][0])
    raise NameUnknown(
        f"expected a checkpoint in {store.location}, found none; `shls train` makes one, "
        "`--checkpoint pretrained` is the one that comes with the project"
    )


def _require_kind(store: Store, digest: str, reference: str, kinds: Sequence[str]) -> str:
    actual = _kind(store, digest)
    if actual is None and store.objects.size(digest) is None and (removed_at := _removed_at(store, digest)):
        raise NameUnknown(_removed(reference, removed_at))
    if actual not in kinds:
        got = f"a {actual}" if actual else f"{short(digest)}…, which is missing or damaged"
        raise NameUnknown(f"expected a {_listed(kinds)}, got {got}: {reference}")
    return digest


def _listed(kinds: Sequence[str]) -> str:
    """Return kinds as a phrase: ``dataset, checkpoint or evaluation``."""
    *others, last = kinds
    return f"{', '.join(others)} or {last}" if others else last


def _removed_at(store: Store, beginning: str) -> str | None:
    """Return when a dataset whose id begins with `beginning` was removed; None if none was."""
    if not begins_an_id(beginning):
        return None
    removed = store.names.removed_at()
    return next((since for digest, since in removed.items() if digest.startswith(beginning)), None)


def _removed(reference: str, removed_at: str) -> str:
    when = removed_at[:16].replace("T", " ")
    return (
        f"{reference} was removed by `shls dataset gc` on {when} UTC; "
        "`shls dataset build` with its configuration makes it again"
    )


def _kind(store: Store, digest: str) -> str | None:
    """Return the kind of a record, or None for an object that is not a record."""
    size = store.objects.size(digest)
    if size is None or size > _LARGEST_RECORD_BYTES:
        return None
    try:
        record: Any = json.loads(store.objects.get(digest, _LARGEST_RECORD_BYTES))
    except (ValueError, RecursionError, ObjectCorrupted):
        return None
    kind = record.get("kind") if isinstance(record, dict) else None
    return RecordKind.CHECKPOINT if kind == RecordKind.PRETRAINED else kind
