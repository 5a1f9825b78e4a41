"""Ancestry of records: from a score to its checkpoint, to its dataset, to the stages of that."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.kinds import SCORES, RecordKind
from storage.lineage.graph import CHECKPOINT, DATASET, EVALUATION, RUN, SHARD, STAGE, Draft
from storage.lineage.history import History
from storage.lineage.records import Content
from storage.lineage.row_ancestry import RowAncestry, context_of, ordered_stages
from storage.lineage.run_facts import makers, run_facts
from storage.lineage.usage import Usage, usage_by_source, usage_of
from storage.records.ancestors import own_datasets, parents, scored_checkpoints
from storage.records.manifests import stages_in
from storage.rows.source_kinds import PHOTOGRAPHS, SAMPLE_STAGES
from storage.tables.append_only import Row

_IN_NODES_OF_THEIR_OWN = frozenset({"kind", "shards", "objects"})
Facts = Mapping[str, Any]


class ArtifactAncestry:
    """Adds what a record describes, and all that it was made from, to a draft.

    Parameters
    ----------
    history
        The history of the store.
    draft
        The draft to extend.
    """

    def __init__(self, history: History, draft: Draft) -> None:
        self._history = history
        self._draft = draft

    def add(self, kind: str, digest: str) -> None:
        """Add a score, a checkpoint, a dataset or a stage artifact; of a missing one, add what is known."""
        record = self._history.records.get(digest)
        if record is None:
            self._add_gone(kind, digest)
        elif kind in SCORES:
            self._add_score(kind, digest, record)
        elif kind == CHECKPOINT:
            self._add_checkpoint(digest, record)
        elif kind == DATASET:
            self._add_dataset(digest, record)
        else:
            self._add_stages(context_of(self._history, digest), [digest])

    def _add_score(self, kind: str, digest: str, record: Content) -> None:
        self._add_made(kind, digest, _facts(record), self._history.runs.that_made(digest))
        for checkpoint in scored_checkpoints(record):
            self._add_parent(CHECKPOINT, checkpoint, digest)
        if kind == EVALUATION:
            self._link_samples((scored["sequence"] for scored in record["objects"]), digest)

    def _add_checkpoint(self, digest: str, record: Content) -> None:
        usage = usage_of(self._history, record)
        facts = {**_facts(record), "usage": self._usage_facts(usage)}
        self._add_made(CHECKPOINT, digest, facts, self._history.runs.that_made(digest))
        for parent in parents(record):
            self._add_parent(CHECKPOINT, parent, digest)
        for dataset in own_datasets(record):
            self._add_parent(DATASET, dataset, digest)
        self._link_samples(usage.samples["sample_id"].to_pylist(), digest)

    def _add_dataset(self, digest: str, record: Content) -> None:
        names = self._history.names.get(digest, [])
        facts = {**_facts(record), "names": names, "verdict": self._history.verdict_on(digest)}
        self._add_made(DATASET, digest, facts, self._history.runs.that_made(digest))
        stages = ordered_stages(self._history, record)
        self._add_stages(stages, stages.values())
        for artifact in stages.values():
            self._draft.link(artifact, digest)

    def _add_stages(self, context: Mapping[str, str], asked_for: Iterable[str]) -> None:
        """Add stage artifacts of a context with their shards and rows, and the rows those were made from."""
        rows = RowAncestry(self._history, self._draft, context)
        for artifact in asked_for:
            record = self._history.records.get(artifact)
            if record is None:
                self._add_gone(STAGE, artifact)
                continue
            table = self._history.rows_of(artifact)
            staged = self._history.runs.that_staged(artifact)
            self._add_made(STAGE, artifact, _facts(record), [run for run, _ in staged])
            for shard in record["shards"]:
                facts = {"stage": record["stage"], **shard, **self._history.absence_of_shard(shard["digest"])}
                self._draft.add(SHARD, shard["digest"], facts)
                self._draft.link(shard["digest"], artifact)
            for read in record["inputs"]:
                self._draft.link_if_both(context.get(read, ""), artifact)
            rows.add(record["stage"], table)

    def _add_gone(self, kind: str, digest: str) -> None:
        """Add what the ledger knows about a missing thing, and what it was made from."""
        runs = self._history.runs.that_made(digest)
        facts = {"gone": self._history.absences.why(digest), "names": self._history.names.get(digest, [])}
        self._add_made(kind, digest, facts, runs)
        if kind == DATASET:
            for artifact in self._history.runs.stages_of(digest).values():
                self._add_parent(STAGE, artifact, digest)
        elif runs and kind != STAGE:
            first, *others = runs[0]["inputs"]
            self._add_parent(DATASET if kind == CHECKPOINT else CHECKPOINT, first, digest)
            for joined in others if kind in SCORES else ():
                if self._is_checkpoint(joined):
                    self._add_parent(CHECKPOINT, joined, digest)

    def _is_checkpoint(self, digest: str) -> bool:
        record = self._history.records.get(digest)
        if record is not None:
            return record.get("kind") == CHECKPOINT
        return bool(self._history.runs.that_made(digest, RecordKind.CHECKPOINT))

    def _add_parent(self, kind: str, parent: str, digest: str) -> None:
        if parent not in self._draft:
            self.add(kind, parent)
        self._draft.link(parent, digest)

    def _add_made(self, kind: str, digest: str, facts: Facts, runs: Sequence[Row]) -> None:
        self._draft.add(kind, digest, {**facts, **makers(runs)})
        if runs:
            self._draft.add(RUN, runs[0]["run_id"], run_facts(runs[0]))
            self._draft.link(runs[0]["run_id"], digest)

    def _link_samples(self, sample_ids: Iterable[str], digest: str) -> None:
        for sample_id in dict.fromkeys(sample_ids):
            self._draft.link_if_both(sample_id, digest)

    def _usage_facts(self, usage: Usage) -> Facts:
        records = [self._history.records.get(dataset) for dataset in usage.datasets]
        datasets = [stages_in(record) for record in records if record is not None]
        tables = [
            self._history.rows_of(artifacts[stage])
            for artifacts in datasets
            for stage in SAMPLE_STAGES
            if stage in artifacts
        ]
        samples = [table.select(["sample_id", "source_ids"]) for table in tables if table is not None]
        used = usage_by_source(usage, pa.concat_tables(samples)) if samples else {}
        by_source: dict[str, dict[str, Facts]] = {PHOTOGRAPHS.plural: {}}
        for source, facts in used.items():
            by_source.setdefault(f"{self._history.sources.noun(source)}s", {})[source] = facts
        return {
            "steps": usage.steps,
            "samples_drawn": pc.sum(pc.is_valid(usage.samples["first_step"])).as_py() or 0,
            "samples_validated": pc.sum(usage.samples["is_validated"]).as_py() or 0,
            "validations": usage.validations,
            "selected_by_validation": usage.selected_by_validation,
            "why_unknown": usage.why_unknown,
            **by_source,
        }


def _facts(record: Content) -> Facts:
    return {name: value for name, value in record.items() if name not in _IN_NODES_OF_THEIR_OWN}
