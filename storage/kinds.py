"""The kinds of runs, records and keys of a store, and how they are related.

A kind is stored as its plain string. The models of records contain their own kind as a literal: their
modules are in code digests and this one is not, so a new kind here changes no id. `tests/test_kinds.py`
checks that models, tables by kind and pages know every kind.
"""

from collections.abc import Mapping
from enum import StrEnum


class RunKind(StrEnum):
    """What a run does: the `kind` of an entry in the ledger, of a job, and of OpenLineage's jobs."""

    DATASET = "dataset"
    TRAIN = "train"
    EVALUATE = "evaluate"
    BENCHMARK = "benchmark"
    SUBMISSION = "submission"
    IMPORT = "import"
    REPRODUCE = "reproduce"
    COLLECT = "gc"
    TAG = "tag"
    ROLL_BACK = "rollback"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    PURGE = "purge"
    EXPORT = "export"
    AUDIT = "audit"
    PIPELINE = "pipeline"
    """Consists of other runs; only those have entries in the ledger."""
    ALTERNATE = "alternate"
    """Consists of other runs, too."""


COMPOSED = frozenset({RunKind.PIPELINE, RunKind.ALTERNATE})
"""Kinds of runs that consist of other runs."""


class RecordKind(StrEnum):
    """What a record describes: its field `kind`."""

    DATASET = "dataset"
    STAGE = "stage"
    CHECKPOINT = "checkpoint"
    PRETRAINED = "pretrained"
    """A checkpoint that is used without its dataset, which may be in no available store."""
    VERDICT = "verdict"
    EVALUATION = "evaluation"
    BENCHMARK = "benchmark"
    SUBMISSION = "submission"
    TOMBSTONE = "tombstone"


SCORES = (RecordKind.EVALUATION, RecordKind.BENCHMARK, RecordKind.SUBMISSION)
"""Kinds of records with the results of a checkpoint on videos."""


class PartKind(StrEnum):
    """Kinds of parts of a dataset that have no record of their own."""

    PHOTOGRAPH = "photograph"
    VIDEO = "video"
    """A film or a folder of frames; its rows are those of footage."""
    MASK = "mask"
    """A row of saliency: a photograph, or a part of one, with its pseudo-mask."""
    SAMPLE = "sample"
    """A pseudo-sequence and its superpixel maps, or a clip."""
    SHARD = "shard"


SOURCE_OF_STAGE: Mapping[str, PartKind] = {
    **dict.fromkeys(("ingest", "saliency", "sequences", "superpixels"), PartKind.PHOTOGRAPH),
    **dict.fromkeys(("footage", "clips", "clusters"), PartKind.VIDEO),
}
"""What the rows of each stage descend from, by its name."""


class KeyKind(StrEnum):
    """Kinds of work in the key index: folders under ``keys/``.

    A stage has two more kinds: its name, whose entries point at its artifacts, and its `shards_key`, whose
    entries point at its shards.
    """

    CHECKPOINTS = "checkpoints"
    EVALUATIONS = "evaluations"
    VERDICTS = "verdicts"
    """By dataset and bounds."""
    VERDICT_OF_DATASET = "verdict-of-dataset"
    """The newest verdict, by dataset."""


KEY_OF_RECORD: Mapping[str, KeyKind] = {
    RecordKind.CHECKPOINT: KeyKind.CHECKPOINTS,
    RecordKind.EVALUATION: KeyKind.EVALUATIONS,
    RecordKind.VERDICT: KeyKind.VERDICT_OF_DATASET,
}
"""The kind of the key that a record itself determines, by the kind of record; other records have none."""

MAKES: Mapping[str, RecordKind] = {
    RunKind.DATASET: RecordKind.DATASET,
    RunKind.TRAIN: RecordKind.CHECKPOINT,
    RunKind.IMPORT: RecordKind.CHECKPOINT,
    RunKind.EVALUATE: RecordKind.EVALUATION,
    RunKind.BENCHMARK: RecordKind.BENCHMARK,
    RunKind.SUBMISSION: RecordKind.SUBMISSION,
    RunKind.PURGE: RecordKind.TOMBSTONE,
}
"""The kind of record that a run of a kind makes, or finds already made, and lists in its outputs."""

NEEDED_FIELDS: Mapping[str, tuple[str, ...]] = {
    # Version 3 has all stages in one field, version 2 had a field for each.
    RecordKind.DATASET: ("stages", "ingest", "saliency", "sequences", "superpixels"),
    RecordKind.STAGE: ("shards",),
    RecordKind.CHECKPOINT: ("dataset", "weights", "validation_dataset", "starts_from", "pseudo_masks_by"),
    RecordKind.PRETRAINED: ("weights",),
    RecordKind.EVALUATION: ("checkpoint", "joined_with", "dataset"),
    RecordKind.BENCHMARK: ("checkpoint", "joined_with"),
    # The checkpoints need their datasets, unless they are pretrained.
    RecordKind.SUBMISSION: ("checkpoint", "joined_with"),
    RecordKind.VERDICT: ("dataset",),
    RecordKind.TOMBSTONE: (),  # evidence: it keeps no object
}
"""The fields of a record that name the objects without which it is incomplete, by its kind."""

_SHARDS = "-shards"


def made_by(record: RecordKind) -> tuple[RunKind, ...]:
    """Return the kinds of runs that make records of a kind."""
    return tuple(run for run in RunKind if MAKES.get(run) == record)


def shards_key(stage: str) -> str:
    """Return the kind of key under which the shards of a stage are found."""
    return f"{stage}{_SHARDS}"


def stage_of_shards_key(kind: str) -> str | None:
    """Return the stage whose shards are found under keys of a kind; None for another kind of key."""
    return kind.removesuffix(_SHARDS) if kind.endswith(_SHARDS) else None
