"""The examination of a store, or of an artifact in it: all checks that do not make anything again.

Objects are read first, the history after them: what a job finished meanwhile has its entry by then.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from shls_core.errors import ObjectCorrupted, ObjectMissing, StoreUnreadable
from storage.audit.descent import descent_problems
from storage.audit.findings import Findings
from storage.audit.history import AuditedHistory, read_history
from storage.audit.outstanding import Outstanding, TrainedOn, outstanding
from storage.audit.resumed import resumed_trainings
from storage.audit.scope import roots_of
from storage.audit.use import use_problems
from storage.audit.witnesses import history_problems
from storage.erased_objects import StandInObjects
from storage.files.inventory import KeyEntry, take_inventory
from storage.kinds import SCORES, RecordKind
from storage.objects.objects import ObjectStore
from storage.records.ancestors import AncestorMissing, Read, ancestors
from storage.records.tombstones import Erased
from storage.rows.source_kinds import samples_learned_from
from storage.rows.stage_names import SEQUENCES
from storage.store import Store
from storage.verification.erasures import read_tombstones, unfinished, unnamed_tombstones
from storage.verification.key_owners import entries_about, key_problems
from storage.verification.namings import unwitnessed
from storage.verification.problems import Problem, foreign
from storage.verification.survey import Survey, survey_objects
from storage.verification.tables import dangling_keys, dangling_names
from storage.verification.verify import erased_by_order, problems_of_objects
from storage.withdrawal.deny_list import withdrawn

Advance = Callable[[int, int], None]


def examine(
    store: Store,
    artifact: str | None = None,
    expected_head: str | None = None,
    advance: Advance = lambda done, total: None,
) -> Findings:
    """Hash objects, check the history, and compare what records, rows, keys and runs state about each other.

    Parameters
    ----------
    store
        The store; nothing is written to it.
    artifact
        Id of a dataset, a checkpoint or a score: it is examined with everything it depends on. By default the
        whole store is examined. The ledger is examined in either case.
    expected_head
        The beginning of the digest of an entry that the ledger must have.
    advance
        Called with the number of objects hashed so far, and in total.

    Raises
    ------
    StoreUnreachable
    """
    erased, lost_tombstones = _erased(store)
    survey = _survey(store, artifact, erased, advance)
    history = read_history(store)
    with_stand_ins = StandInObjects(store.backend, erased)
    keys, surrounding = _own_keys(store, survey) if artifact else _all_keys(store, history)
    known_as = {row["digest"]: f"{row['name']}@v{row['version']}" for row in history.namings}
    problems = [
        *problems_of_objects(survey, known_as, with_rows=True),
        *lost_tombstones,
        *surrounding,
        *history_problems(history, expected_head),
        *key_problems(store, keys),
        *_wrong_descents(with_stand_ins, survey),
        *(_problems_of_history(store, survey, history, erased) if history.is_readable else ()),
    ]
    return Findings(
        num_objects=len(survey.sizes),
        num_bytes=sum(survey.sizes.values()),
        num_keys=len(keys),
        num_namings=len(history.namings),
        num_unwitnessed=unwitnessed(history.runs, history.namings),
        runs=history.runs,
        head=history.head,
        datasets=tuple(sorted(survey.datasets)),
        checkpoints=_of_kinds(survey, RecordKind.CHECKPOINT),
        scores=_of_kinds(survey, *SCORES),
        problems=tuple(problems),
        erased=erased_by_order(survey, erased),
        outstanding=tuple(_outstanding(store, with_stand_ins, survey) if history.is_readable else ()),
        resumed=resumed_trainings(history.runs, _of_kinds(survey, RecordKind.CHECKPOINT)),
        is_history_readable=history.is_readable,
    )


def _erased(store: Store) -> tuple[Mapping[str, Erased], list[Problem]]:
    """Return what was erased on request; nothing if the ledger, which records it, cannot be read."""
    try:
        return read_tombstones(store)
    except StoreUnreadable:  # reported with the history
        return {}, []


def _survey(store: Store, artifact: str | None, erased: Mapping[str, Erased], advance: Advance) -> Survey:
    objects = ObjectStore(store.backend)  # a missing object is reported without reading the ledger
    roots = roots_of(store, artifact) if artifact else take_inventory(store.backend).objects
    return survey_objects(objects, roots, with_rows=True, advance=advance, erased=erased)


def _all_keys(store: Store, history: AuditedHistory) -> tuple[Sequence[KeyEntry], list[Problem]]:
    """Return all keys, and the problems outside the objects."""
    inventory = take_inventory(store.backend)  # again: a job may have made something since
    return inventory.keys, [
        *map(foreign, inventory.foreign),
        *(dangling_names(store, inventory.objects) if history.is_readable else ()),
        *dangling_keys(store, inventory.objects, inventory.keys),
    ]


def _own_keys(store: Store, survey: Survey) -> tuple[Sequence[KeyEntry], list[Problem]]:
    """Return the keys under which the records that were read are found."""
    records = ((links.kind, digest) for digest, links in survey.links.items() if links.kind)
    return list(entries_about(store, records)), []


def _problems_of_history(
    store: Store, survey: Survey, history: AuditedHistory, erased: Mapping[str, Erased]
) -> list[Problem]:
    """Return the problems of how checkpoints and scores were made, and of erasures."""
    return [
        *use_problems(store, survey.links, history.runs),
        *unnamed_tombstones(store, survey.links),
        *unfinished(store, erased, survey.sizes),
    ]


def _wrong_descents(objects: ObjectStore, survey: Survey) -> Iterable[Problem]:
    for dataset, manifest in survey.datasets.items():
        try:
            yield from descent_problems(objects, dataset, manifest)
        except (ObjectMissing, ObjectCorrupted):  # already reported
            continue


def _of_kinds(survey: Survey, *kinds: str) -> tuple[str, ...]:
    return tuple(sorted(digest for digest, links in survey.links.items() if links.kind in kinds))


def _outstanding(store: Store, objects: ObjectStore, survey: Survey) -> list[Outstanding]:
    @cache  # checkpoints of one chain have the same ancestors
    def read(digest: str) -> Mapping[str, Any] | None:
        try:
            content: Mapping[str, Any] = json.loads(objects.get(digest))
        except (ObjectMissing, ObjectCorrupted):  # reported as such
            return None
        return content

    trained_on = {
        checkpoint: _seen_by(json.loads(objects.get(checkpoint)), read)
        for checkpoint, links in survey.links.items()
        if links.kind == RecordKind.CHECKPOINT and links.needed
    }
    return outstanding(objects, withdrawn(store), survey.datasets, trained_on)


def _seen_by(checkpoint: Mapping[str, Any], read: Read) -> tuple[TrainedOn, ...]:
    """Return what a checkpoint saw, itself or through those that it learned from."""
    try:
        earlier = tuple(ancestors(checkpoint, read).values())
    except AncestorMissing:  # reported as an object that is missing
        earlier = ()
    return tuple(one for record in (checkpoint, *earlier) for one in _trained_on(record))


def _trained_on(checkpoint: Mapping[str, Any]) -> tuple[TrainedOn, ...]:
    """Return what a checkpoint was trained on, and validated with, given its record."""
    dataset = checkpoint["dataset"]
    learned = TrainedOn(dataset, samples_learned_from(checkpoint))
    if not checkpoint.get("validations"):
        return (learned,)
    return learned, TrainedOn(checkpoint.get("validation_dataset") or dataset, SEQUENCES)
