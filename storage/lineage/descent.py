"""What descends from one source, a photograph or a video: every row, shard, dataset, checkpoint and score."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.kinds import SCORES
from storage.lineage.arrays import strings
from storage.lineage.descended import (
    DescendedDataset,
    DescendedRow,
    DescendedScore,
    Descent,
    DrawnSample,
    Exposure,
)
from storage.lineage.graph import CHECKPOINT, DATASET, EVALUATION
from storage.lineage.history import History, shards_of
from storage.lineage.records import Content
from storage.lineage.roles import roles_of
from storage.lineage.rows import NOTES, naming
from storage.lineage.usage import Usage, usage_of
from storage.records.ancestors import JOINED_WITH, scored_checkpoints
from storage.records.manifests import stages_in
from storage.rows.source_kinds import SAMPLE_STAGES, SOURCE_STAGES
from storage.rows.stage_graph import STAGES
from storage.rows.stage_names import SALIENCY, SEQUENCES
from storage.store import Store


def descent(store: Store, source: str, history: History | None = None) -> Descent:
    """Return everything that descends from a source.

    Parameters
    ----------
    store
        The store.
    source
        Its id; nothing descends from one that the store has never seen.
    history
        The history of the same store, to share it between several sources.

    Raises
    ------
    ObjectCorrupted, StoreUnreadable, StoreUnreachable
        If part of the answer cannot be read.
    """
    history = history or History(store)
    rows = _rows(history, source)
    shards = {row.shard: row.stage for row in rows}
    datasets = _datasets(history, shards)
    exposures = _exposures(history, rows, datasets)
    return Descent(
        source=source,
        rows=rows,
        shards=shards,
        datasets=datasets,
        exposures=exposures,
        scores=_scores(history, rows, exposures),
        withdrawal=history.withdrawn.get(source),
        gone_shards={shard: history.absences.why(shard) for shard in shards if history.rows.is_absent(shard)},
        removed_datasets={
            dataset: since
            for dataset, since in history.removed_at.items()
            if history.records.get(dataset) is None
        },
        kind=history.sources.part(source),
    )


def _rows(history: History, source: str) -> tuple[DescendedRow, ...]:
    """Read the rows of every shard once, and return those that name the source."""
    tables = {stage: naming(history.every_row(stage), source) for stage in STAGES}
    masks = set(tables[SALIENCY]["sample_id"].to_pylist())
    recipes = history.rows.recipes(pc.unique(tables[SEQUENCES]["shard"]).to_pylist())
    found = []
    for stage, table in tables.items():
        for row in sorted(table.to_pylist(), key=lambda row: (row["sample_id"], row["shard"])):
            roles: tuple[str, ...] = ()
            if stage == SEQUENCES:
                of_masks = roles_of(row, recipes.get((row["shard"], row["sample_id"])))
                roles = tuple(dict.fromkeys(role for mask in masks for role in of_masks.get(mask, ())))
            found.append(
                DescendedRow(
                    stage=stage,
                    **{name: row[name] for name in ("sample_id", "digest", "rejected", "shard")},
                    parents=tuple(row["parents"]),
                    split=row.get("split"),
                    roles=roles,
                    notes={name: row[name] for name in NOTES} if stage in SOURCE_STAGES else None,
                )
            )
    return tuple(found)


def _datasets(history: History, shards: Mapping[str, str]) -> tuple[DescendedDataset, ...]:
    found = []
    for dataset, record in history.records.of_kind(DATASET).items():
        artifacts = stages_in(record)
        manifests = {stage: history.records.get(artifact) for stage, artifact in artifacts.items()}
        with_rows = {
            stage: artifacts[stage]
            for stage, manifest in manifests.items()
            if manifest is not None and not shards.keys().isdisjoint(shards_of(manifest))
        }
        if with_rows:
            found.append(DescendedDataset(dataset, tuple(history.names.get(dataset, ())), with_rows))
    return tuple(found)


def _exposures(
    history: History, rows: tuple[DescendedRow, ...], datasets: tuple[DescendedDataset, ...]
) -> tuple[Exposure, ...]:
    samples = strings({row.sample_id for row in rows if row.stage in SAMPLE_STAGES})
    with_source = {found.dataset for found in datasets}
    usages = {
        checkpoint: (record["dataset"], usage_of(history, record))
        for checkpoint, record in history.records.of_kind(CHECKPOINT).items()
    }
    return tuple(
        _exposure(checkpoint, dataset, usage, samples)
        for checkpoint, (dataset, usage) in usages.items()
        if not with_source.isdisjoint(usage.datasets) or usage.why_unknown is not None
    )


def _exposure(checkpoint: str, dataset: str, usage: Usage, samples: pa.Array) -> Exposure:
    used = usage.of_samples(samples).sort_by("sample_id").to_pylist()
    return Exposure(
        checkpoint=checkpoint,
        dataset=dataset,
        steps=usage.steps,
        drawn=tuple(
            DrawnSample(row["sample_id"], row["times_drawn"], row["first_step"])
            for row in used
            if row["times_drawn"]
        ),
        validated=tuple(row["sample_id"] for row in used if row["is_validated"]),
        validations=usage.validations,
        selected_by_validation=usage.selected_by_validation,
        why_unknown=usage.why_unknown,
    )


def _scores(
    history: History, rows: tuple[DescendedRow, ...], exposures: tuple[Exposure, ...]
) -> tuple[DescendedScore, ...]:
    checkpoints = {exposure.checkpoint for exposure in exposures}
    samples = {row.sample_id for row in rows if row.stage in SAMPLE_STAGES}
    return tuple(
        DescendedScore(
            kind=str(record["kind"]),
            id=digest,
            checkpoint=record["checkpoint"],
            scored=_scored(record, samples),
            facts=_score_facts(record),
            joined_with=record.get(JOINED_WITH),
        )
        for digest, record in history.records.of_kind(*SCORES).items()
        if not checkpoints.isdisjoint(scored_checkpoints(record))
    )


def _scored(record: Content, samples: set[str]) -> tuple[str, ...]:
    if record["kind"] != EVALUATION:  # its videos are not sequences of a dataset
        return ()
    return tuple(sorted(samples.intersection(scored["sequence"] for scored in record["objects"])))


def _score_facts(record: Content) -> dict[str, Any]:
    return {name: record[name] for name in ("benchmark", "split", "scores") if name in record}
