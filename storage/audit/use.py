"""Check how checkpoints and scores were made from a dataset.

The datasets must be validated before a training on them; a score must come from the checkpoint, and the
sequences, that its record names.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from shls_core.errors import NameUnknown, ObjectCorrupted, ObjectMissing
from shls_core.photographs.split import HELD_OUT
from storage.canonical import short
from storage.kinds import KeyKind, RecordKind
from storage.records.ancestors import scored_checkpoints
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord, SubmissionRecord
from storage.records.links import Links, read_links
from storage.records.manifests import get_record
from storage.rows.dataset import Dataset
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.runs_by_artifact import RunsByArtifact
from storage.verification.problems import DISAGREES, USE, Problem, about_object

_SCORES: Mapping[str, type[EvaluationRecord | BenchmarkRecord | SubmissionRecord]] = {
    RecordKind.EVALUATION: EvaluationRecord,
    RecordKind.BENCHMARK: BenchmarkRecord,
    RecordKind.SUBMISSION: SubmissionRecord,
}


def use_problems(store: Store, links: Mapping[str, Links], runs: Sequence[Row]) -> list[Problem]:
    """Return the problems of how checkpoints and scores were made.

    Parameters
    ----------
    store
        The store.
    links
        What every audited record names, by its digest.
    runs
        All of the ledger, oldest first.
    """
    audit = _UseAudit(store, RunsByArtifact(runs))
    found: list[Problem] = []
    for digest, record in sorted(links.items()):
        try:
            found += audit.problems_of(digest, record.kind)
        except (ObjectMissing, ObjectCorrupted):  # reported as such, with what depends on it
            continue
        except NameUnknown as error:
            found.append(about_object(DISAGREES, digest, f"itself, a {record.kind}", str(error)))
    return found


class _UseAudit:
    def __init__(self, store: Store, runs: RunsByArtifact) -> None:
        self._store = store
        self._objects = store.objects
        self._runs = runs
        self._held_out = cache(self._held_out_sequences)

    def problems_of(self, digest: str, kind: str | None) -> Iterator[Problem]:
        """Yield the problems of a checkpoint or a score."""
        if kind == RecordKind.CHECKPOINT:
            faults = self._checkpoint_faults(digest)
        elif kind is not None and kind in _SCORES:
            faults = self._score_faults(digest, kind)
        else:
            return
        for fault in faults:
            yield about_object(USE, digest, f"{kind} {short(digest)}…", fault)

    def _checkpoint_faults(self, digest: str) -> Iterator[str]:
        record = get_record(self._objects, digest, CheckpointRecord)
        made = self._runs.that_made(digest, RecordKind.CHECKPOINT)
        datasets = tuple(dict.fromkeys((record.dataset, record.scored_on)))
        yield from _unmade(made, datasets, "dataset")
        if record.starts_from is not None and made:
            yield from _unmade(made, (record.starts_from,), "checkpoint")
            begun = self._runs.that_made(record.starts_from, RecordKind.CHECKPOINT)
            if not begun or begun[0]["number"] > made[0]["number"]:
                parent = short(record.starts_from)
                yield f"the ledger has it before checkpoint {parent}…, which it starts from"
        for dataset in datasets:
            if not self._was_validated(dataset, before=made[0]["number"] if made else None):
                yield f"no passed verdict on dataset {short(dataset)}… is older than it"

    def _was_validated(self, dataset: str, before: int | None) -> bool:
        """Return whether a dataset had passed the gate before an entry of the ledger was written."""
        judged = self._runs.that_made(dataset, RecordKind.DATASET)
        if judged:
            return any(
                run["verdict"] == "passed" and (before is None or run["number"] < before) for run in judged
            )
        # It came from another store, with its verdict.
        verdict = self._store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset)
        if verdict is None:
            return False
        links = read_links(self._objects, verdict)
        is_about_it = links is not None and links.needed == (dataset,)
        return is_about_it and bool(json.loads(self._objects.get(verdict)).get("passed"))

    def _score_faults(self, digest: str, kind: str) -> Iterator[str]:
        record = get_record(self._objects, digest, _SCORES[kind])
        checkpoints = scored_checkpoints(record.model_dump())
        made = self._runs.that_made(digest, RecordKind(kind))
        yield from _unmade(made, checkpoints, "checkpoint")
        for checkpoint in checkpoints:
            learned = self._runs.that_made(checkpoint, RecordKind.CHECKPOINT)
            if made and learned and made[0]["number"] < learned[0]["number"]:
                yield f"the ledger has it before checkpoint {short(checkpoint)}…, which it is a score of"
        trained = get_record(self._objects, record.checkpoint, CheckpointRecord)
        if isinstance(record, EvaluationRecord):
            yield from _other_dataset(record.dataset, trained.scored_on)
        elif isinstance(record, SubmissionRecord):
            yield from _other_dataset(record.dataset, trained.dataset)
        if isinstance(record, EvaluationRecord):
            yield from self._other_sequences(record)

    def _other_sequences(self, record: EvaluationRecord) -> Iterator[str]:
        held_out = self._held_out(record.dataset)
        scored = {one.sequence for one in record.objects}
        if unknown := scored - held_out:
            yield f"it scores {short(min(unknown))}…, which is no held-out sequence of its dataset"
        if record.num_sequences != len(held_out):
            yield f"it says {record.num_sequences} sequences, its dataset holds out {len(held_out)}"

    def _held_out_sequences(self, dataset: str) -> frozenset[str]:
        return frozenset(sample.id for sample in Dataset(self._objects, dataset).samples(HELD_OUT))


def _unmade(made: Sequence[Row], read: Sequence[str], what: str) -> Iterator[str]:
    """Yield a fault if no run made a record, or if its runs read something else than it states."""
    others = [[one for one in read if one not in run["inputs"]] for run in made]
    if not made:
        yield "no run in the ledger made it: its entry was removed, or its run killed before it wrote one"
    elif all(others):
        yield f"run {made[0]['run_id']} made it of another {what} than it says, {short(others[0][0])}…"


def _other_dataset(dataset: str, of_checkpoint: str) -> Iterator[str]:
    if dataset != of_checkpoint:
        yield f"it is of dataset {short(dataset)}…, its checkpoint of {short(of_checkpoint)}…"
