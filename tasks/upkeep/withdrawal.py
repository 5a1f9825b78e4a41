"""Withdraws, reinstates and erases sources: the work behind the commands, recorded in the ledger."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shls_core.errors import InputError
from storage.canonical import short
from storage.files.jobs import exclusive_removal
from storage.kinds import RunKind
from storage.rows.source_kinds import PHOTOGRAPHS, noun_for
from storage.store import Store
from storage.withdrawal.deny_list import NOUNS, Withdrawal, refuse_withdrawn, withdrawn
from storage.withdrawal.erasure import Erasure, erase, plan_erasure, write_tombstone
from storage.withdrawal.which_source import SourceReferences, noun_of_file
from tasks.runs.progress import progress
from tasks.runs.recorded_run import recorded, recorded_run


@dataclass(frozen=True)
class Withdrawn:
    """The result of withdrawing sources."""

    new: tuple[str, ...]
    """Ids of those withdrawn now."""
    already: tuple[str, ...]
    """Ids of those that were withdrawn before; nothing about them changed."""
    unseen: tuple[str, ...]
    """Ids of those in `new` that the store has never seen: withdrawn in advance."""


def withdraw(store: Store, references: Sequence[str], reason: str) -> Withdrawn:
    """Put photographs and videos on the deny list.

    The ledger keeps their ids, the reason, and who did it; never their file names.

    Raises
    ------
    InputError
        If there is no reason.
    NameUnknown
        If a reference means no source, or several; then none is withdrawn.
    """
    known = SourceReferences.of(store)
    nouns = {
        source_id: _noun(known, source_id, reference)
        for source_id, reference in zip(_resolved(known, references), references, strict=True)
    }
    denied = withdrawn(store)
    new = tuple(source_id for source_id in nouns if source_id not in denied)
    if new:
        _record(store, RunKind.WITHDRAW, {source_id: nouns[source_id] for source_id in new}, reason)
    return Withdrawn(
        new=new,
        already=tuple(source_id for source_id in nouns if source_id in denied),
        unseen=tuple(source_id for source_id in new if not known.known(source_id)),
    )


def reinstate(store: Store, references: Sequence[str], reason: str) -> tuple[str, ...]:
    """Take photographs and videos off the deny list, and return their ids.

    Raises
    ------
    InputError
        If there is no reason, or one of them is not withdrawn; then none is reinstated.
    NameUnknown
        If a reference means no source, or several.
    """
    source_ids = _withdrawn_ids(store, references)
    _record(store, RunKind.REINSTATE, {one: denied.noun for one, denied in source_ids.items()}, reason)
    return tuple(source_ids)


def plan_purge(store: Store, references: Sequence[str]) -> Erasure:
    """Find what a purge would erase; nothing is changed.

    Raises
    ------
    InputError
        If one of the sources is not withdrawn.
    NameUnknown
        If a reference means no source, or several.
    ObjectCorrupted
        If a shard cannot be read.
    """
    return _planned(store, tuple(_withdrawn_ids(store, references)))


def purge(store: Store, references: Sequence[str]) -> tuple[Erasure, str | None]:
    """Erase withdrawn sources and every row made from them; return what was erased, and its tombstone.

    The same call finishes an interrupted purge. If nothing is left of the sources, there is no tombstone,
    but still an entry in the ledger.

    Raises
    ------
    InputError, NameUnknown, ObjectCorrupted
        As for `plan_purge`; nothing was erased.
    StoreBusy
        If a job is at work in the store; nothing was erased.
    """
    source_ids = tuple(_withdrawn_ids(store, references))
    run_id = str(uuid.uuid4())
    with exclusive_removal(store.backend, RunKind.PURGE, run_id):
        with recorded(store, run_id, RunKind.PURGE, {}, seed=None) as run:
            run.inputs += source_ids
            erasure = _planned(store, source_ids)
            tombstone = write_tombstone(store, erasure) if erasure.shards else None
            run.outputs += [tombstone] if tombstone else []
            run.details = erasure_facts(erasure)
        # From here on, the ledger records them as erased.
        with progress(RunKind.PURGE, "shards") as advance:
            erase(store, erasure, advance)
    return erasure, tombstone


def erasure_facts(erasure: Erasure) -> dict[str, object]:
    """Return what is erased, as the ledger records it and ``--json`` prints it."""
    return {
        "shards": len(erasure.shards),
        "rows": erasure.rows,
        "bytes": erasure.num_bytes,
        "keys": len(erasure.key_paths),
    }


@contextmanager
def recorded_if_forced(store: Store, dataset: str, allow_withdrawn: bool) -> Iterator[None]:
    """Record the block in the ledger if it exports withdrawn sources and is allowed to.

    Raises
    ------
    PhotographWithdrawn
        Before the block, if the dataset holds one and that is not allowed.
    """
    allowed = refuse_withdrawn(store, dataset, allow_withdrawn)
    if not allowed:
        yield
        return
    with recorded_run(store, RunKind.EXPORT, {}, seed=None) as run:
        run.inputs.append(dataset)
        run.details = {"allowed_withdrawn": list(allowed)}
        yield


def _record(store: Store, kind: RunKind, nouns: Mapping[str, str], reason: str) -> None:
    """Record that sources, whose words are given by id, are withdrawn or reinstated."""
    if not reason.strip():
        raise InputError(f"expected a reason to {kind} a {noun_for(nouns.values())}, got none")
    others = {source_id: noun for source_id, noun in nouns.items() if noun != PHOTOGRAPHS.noun}
    with recorded_run(store, kind, {}, seed=None) as run:
        run.inputs += nouns
        run.details = {"reason": reason.strip(), **({NOUNS: others} if others else {})}


def _noun(known: SourceReferences, source_id: str, reference: str) -> str:
    """Return the word for a source; for one that the store has never seen, by the file that is given."""
    return (None if known.known(source_id) else noun_of_file(reference)) or known.noun(source_id)


def _planned(store: Store, source_ids: Sequence[str]) -> Erasure:
    with progress("look", "objects") as advance:
        return plan_erasure(store, source_ids, advance)


def _withdrawn_ids(store: Store, references: Sequence[str]) -> dict[str, Withdrawal]:
    """Return the withdrawals of the sources that are meant, by their ids."""
    known = SourceReferences.of(store)
    denied = withdrawn(store)
    source_ids = _resolved(known, references)
    for source_id in source_ids:
        if source_id not in denied:
            raise InputError(
                f"expected a {known.noun(source_id)} that is withdrawn, got {short(source_id)}…, which is "
                "not; `shls dataset withdrawn` lists those that are"
            )
    return {source_id: denied[source_id] for source_id in source_ids}


def _resolved(known: SourceReferences, references: Sequence[str]) -> list[str]:
    return [known.resolve(reference) for reference in references]
