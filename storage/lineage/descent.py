"""What one photograph went into: every row, shard, dataset, checkpoint and score that descends from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.lineage.graph import CHECKPOINT, DATASET, EVALUATION, SCORES
from storage.lineage.history import History, shards_of
from storage.lineage.records import Content
from storage.lineage.roles import roles_of
from storage.lineage.rows import NOTES, naming
from storage.lineage.usage import Usage, usage_of
from storage.schemas import INGEST, SALIENCY, SEQUENCES, STAGES
from storage.store import Store

TRAINED: Final = "trained"
"""Training drew a sequence with the photograph before the weights that were kept: the checkpoint saw it."""
VALIDATED: Final = "validated"
"""Validations propagated through one; training drew none."""
NEVER_DRAWN: Final = "never drawn"
"""It is in the dataset, and no sequence with it was drawn or validated on."""
UNKNOWN: Final = "unknown"
"""What would tell is gone."""


@dataclass(frozen=True)
class DescendedRow:
    """A row that names the photograph, as it lies in one shard; rejected ones count."""

    stage: str
    sample_id: str
    digest: str | None
    """Of its content; None in a rejected row."""
    rejected: str | None
    """Why it was rejected, if it was."""
    shard: str
    parents: tuple[str, ...]
    """Sample ids of the rows it read."""
    split: str | None = None
    """Of a pseudo-sequence: ``train`` or ``held_out``."""
    roles: tuple[str, ...] = ()
    """What the photograph is to a pseudo-sequence: see `storage.lineage.roles`."""
    notes: Mapping[str, str | None] | None = None
    """Of the photograph itself: ``file_name``, ``source``, ``licence``, ``consent``."""


@dataclass(frozen=True)
class DescendedDataset:
    """A dataset with a row that names the photograph."""

    dataset: str
    names: tuple[str, ...]
    """Like ``photos@v3``, oldest first."""
    stages: Mapping[str, str]
    """Those of its stage artifacts that have such a row, by stage."""


@dataclass(frozen=True)
class DrawnSample:
    """A training sequence with the photograph that was drawn before the weights that were kept."""

    sample_id: str
    times: int
    first_step: int
    """For which step, counted from 0, it was drawn first."""


@dataclass(frozen=True)
class Exposure:
    """How a checkpoint saw the photograph."""

    checkpoint: str
    dataset: str
    steps: int | None
    """Steps before the weights that were kept."""
    drawn: tuple[DrawnSample, ...]
    validated: tuple[str, ...]
    """Held-out sequences with the photograph that validations propagated through."""
    validations: int
    """Validations of the whole run."""
    selected_by_validation: bool
    """Whether validations chose the weights, or only watched."""
    why_unknown: str | None
    """Why nothing can be told."""

    @property
    def how(self) -> str:
        """``trained``, ``validated``, ``never drawn`` or ``unknown``: the strongest that holds."""
        if self.why_unknown is not None:
            return UNKNOWN
        return TRAINED if self.drawn else VALIDATED if self.validated else NEVER_DRAWN

    @property
    def times_drawn(self) -> int:
        """How often training drew a sequence with the photograph."""
        return sum(sample.times for sample in self.drawn)

    @property
    def first_step(self) -> int | None:
        """For which step, counted from 0, the first of them was drawn."""
        return min((sample.first_step for sample in self.drawn), default=None)


@dataclass(frozen=True)
class DescendedScore:
    """What such a checkpoint did on videos: an evaluation, a benchmark or a submission."""

    kind: str
    id: str
    checkpoint: str
    scored: tuple[str, ...]
    """Held-out sequences with the photograph that were scored in an evaluation."""
    facts: Mapping[str, Any]
    """``scores``; of a benchmark, also which and which split."""


@dataclass(frozen=True)
class Descent:
    """All that descends from one photograph in one store."""

    photograph: str
    """The image id: SHA-256 of the file."""
    rows: tuple[DescendedRow, ...]
    """By stage, sample id and shard."""
    shards: Mapping[str, str]
    """The stage of every shard with such a row, by digest; erased ones count."""
    datasets: tuple[DescendedDataset, ...]
    exposures: tuple[Exposure, ...]
    """Of every checkpoint that was trained on one of the datasets, or of which that cannot be told."""
    scores: tuple[DescendedScore, ...]
    """Of those checkpoints."""

    @property
    def seen_by(self) -> tuple[str, ...]:
        """Ids of the checkpoints whose training drew the photograph before their weights were kept."""
        return tuple(exposure.checkpoint for exposure in self.exposures if exposure.how == TRAINED)

    def of_stage(self, stage: str) -> list[DescendedRow]:
        """Return the rows of one stage."""
        return [row for row in self.rows if row.stage == stage]


def descent(store: Store, photograph: str, history: History | None = None) -> Descent:
    """Return everything that descends from a photograph.

    Parameters
    ----------
    store
        The store.
    photograph
        The image id; nothing descends from one that the store has never seen.
    history
        Of the same store: for one who asks about several photographs.

    Raises
    ------
    ObjectCorrupted, StoreUnreadable, StoreUnreachable
        If part of the answer cannot be read.
    """
    history = history or History(store)
    rows = _rows(history, photograph)
    shards = {row.shard: row.stage for row in rows}
    datasets = _datasets(history, shards)
    exposures = _exposures(history, rows, datasets)
    return Descent(photograph, rows, shards, datasets, exposures, _scores(history, rows, exposures))


def _rows(history: History, photograph: str) -> tuple[DescendedRow, ...]:
    """Read the rows of every shard once, and return those that name the photograph."""
    tables = {stage: naming(history.every_row(stage), photograph) for stage in STAGES}
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
                    notes={name: row[name] for name in NOTES} if stage == INGEST else None,
                )
            )
    return tuple(found)


def _datasets(history: History, shards: Mapping[str, str]) -> tuple[DescendedDataset, ...]:
    found = []
    for dataset, said in history.records.of_kind(DATASET).items():
        manifests = {stage: history.records.get(said[stage]) for stage in STAGES}
        with_rows = {
            stage: said[stage]
            for stage, manifest in manifests.items()
            if manifest is not None and not shards.keys().isdisjoint(shards_of(manifest))
        }
        if with_rows:
            found.append(DescendedDataset(dataset, tuple(history.names.get(dataset, ())), with_rows))
    return tuple(found)


def _exposures(
    history: History, rows: tuple[DescendedRow, ...], datasets: tuple[DescendedDataset, ...]
) -> tuple[Exposure, ...]:
    samples = pa.array({row.sample_id for row in rows if row.stage == SEQUENCES}, pa.string())
    with_photograph = {found.dataset for found in datasets}
    usages = {
        checkpoint: (said["dataset"], usage_of(history, said))
        for checkpoint, said in history.records.of_kind(CHECKPOINT).items()
    }
    return tuple(
        _exposure(checkpoint, dataset, usage, samples)
        for checkpoint, (dataset, usage) in usages.items()
        if dataset in with_photograph or usage.why_unknown is not None
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
    samples = {row.sample_id for row in rows if row.stage == SEQUENCES}
    return tuple(
        DescendedScore(
            str(said["kind"]), digest, said["checkpoint"], _scored(said, samples), _score_facts(said)
        )
        for digest, said in history.records.of_kind(*SCORES).items()
        if said["checkpoint"] in checkpoints
    )


def _scored(said: Content, samples: set[str]) -> tuple[str, ...]:
    if said["kind"] != EVALUATION:  # its videos are none of ours
        return ()
    return tuple(sorted(samples.intersection(scored["sequence"] for scored in said["objects"])))


def _score_facts(said: Content) -> dict[str, Any]:
    return {name: said[name] for name in ("benchmark", "split", "scores") if name in said}
