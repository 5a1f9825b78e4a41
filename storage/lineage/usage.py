"""Which samples a checkpoint's training used before the weights that were kept, computed from its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing
from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.canonical import short
from storage.lineage.arrays import booleans, integers, no_rows, strings
from storage.lineage.history import History
from storage.lineage.records import Content
from storage.lineage.splits import clips_of_split, samples_of_split
from storage.records.ancestors import AncestorMissing, ancestors, own_datasets
from storage.rows.draws import NEVER, draws, spread

_SAMPLES = pa.schema(
    [
        pa.field("sample_id", pa.string()),
        pa.field("times_drawn", pa.int64()),
        pa.field("first_step", pa.int64()),  # from 0; null for one that was not drawn
        pa.field("is_validated", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Usage:
    """What the training of one checkpoint used."""

    samples: pa.Table
    """Every sequence or clip that was drawn, and every sequence that was validated on: ``sample_id``,
    ``times_drawn``, ``first_step`` (from 0, null without draws), ``is_validated``."""
    datasets: tuple[str, ...] = ()
    """The datasets of these samples: that which was learned from, then, if it is another, that which
    validates, then those of the checkpoints that it learned from."""
    steps: int | None = None
    """Steps before the weights that were kept, of the checkpoints that it learned from, too."""
    validations: int = 0
    """Validations of the whole run."""
    selected_by_validation: bool = False
    """Whether validations selected the weights, or were only recorded."""
    why_unknown: str | None = None
    """Why the usage is unknown, if it is."""

    def of_samples(self, sample_ids: pa.Array) -> pa.Table:
        """Return those of `samples` that have one of these ids."""
        return self.samples.filter(pc.is_in(self.samples["sample_id"], value_set=sample_ids))


def usage_of(history: History, checkpoint: Content) -> Usage:
    """Return what the training of a checkpoint used, whichever source it learned from.

    The answer is exact: the batch of a step is a function of seed and step, and the record contains all that
    this function needs. The held-out sequences that validated it count, of whichever dataset they are:
    through them its weights were selected, or could have been. What the checkpoints saw that it learned from
    (see `storage.records.ancestors`), it saw: steps are counted through all of them, the oldest first.

    Parameters
    ----------
    history
        The history of the store.
    checkpoint
        The record of the checkpoint.
    """
    try:
        earlier = ancestors(checkpoint, history.records.get)
    except AncestorMissing as missing:
        return _unknown(str(missing), own_datasets(checkpoint))
    own = _own_usage(history, checkpoint)
    if not earlier:
        return own
    usages = [*(_own_usage(history, record) for record in earlier.values()), own]
    datasets = tuple(dict.fromkeys(dataset for usage in reversed(usages) for dataset in usage.datasets))
    for digest, usage in zip([*earlier, None], usages, strict=True):
        if usage.why_unknown is not None:
            of = "" if digest is None else f"of {short(digest)}…, which it learned from: "
            return _unknown(f"{of}{usage.why_unknown}", datasets)
    return Usage(
        samples=_through_all(usages),
        datasets=datasets,
        steps=sum(usage.steps or 0 for usage in usages),
        validations=sum(usage.validations for usage in usages),
        selected_by_validation=any(usage.selected_by_validation for usage in usages),
    )


def _through_all(usages: Sequence[Usage]) -> pa.Table:
    """Return the samples of trainings that followed each other, each sample once."""
    tables, steps_before = [], 0
    for usage in usages:
        shifted = pc.add(usage.samples["first_step"], steps_before)
        position = usage.samples.schema.get_field_index("first_step")
        tables.append(usage.samples.set_column(position, _SAMPLES.field("first_step"), shifted))
        steps_before += usage.steps or 0
    together = pa.concat_tables(tables)
    grouped = together.group_by("sample_id", use_threads=False).aggregate(
        [("times_drawn", "sum"), ("first_step", "min"), ("is_validated", "max")]
    )
    names = ["sample_id", "times_drawn_sum", "first_step_min", "is_validated_max"]
    return pa.Table.from_arrays([grouped[name] for name in names], schema=_SAMPLES)


def _own_usage(history: History, checkpoint: Content) -> Usage:
    """Return what the training of a checkpoint itself used."""
    training = checkpoint["configuration"].get("training", {})
    validations = len(checkpoint.get("validations", ()))
    dataset, validates_on = checkpoint["dataset"], checkpoint.get("validation_dataset")
    datasets = own_datasets(checkpoint)
    needed = ("seed", "batch_size", "steps", *(["validation_sequences"] if validations else []))
    if missing := [name for name in needed if name not in training]:
        return _unknown(f"its record has no training.{missing[0]}", datasets)
    try:
        trained_on = _numbered(history, checkpoint)
        held_out = (
            samples_of_split(history, validates_on or dataset, HELD_OUT) if validations else strings([])
        )
    except ObjectMissing as missing:
        return _unknown(str(missing), datasets)
    steps = checkpoint.get("step") or training["steps"]
    validated = spread(len(held_out), training["validation_sequences"]) if validations else []
    samples = [
        _drawn(trained_on, training, steps),
        _validated(held_out.take(integers(np.array(validated, np.int64)))),
    ]
    return Usage(
        samples=pa.concat_tables(samples),
        datasets=datasets,
        steps=steps,
        validations=validations,
        selected_by_validation=training.get("checkpoint") == "best",
    )


def _numbered(history: History, checkpoint: Content) -> pa.Array:
    """Return the samples that a training drew from, by their numbers.

    What was drawn of clips is in the record: how long a clip has to be, its method decided.
    """
    if (drawn := checkpoint.get("clip_draw")) is not None:
        return clips_of_split(history, checkpoint["dataset"], TRAIN, drawn["num_frames"])
    return samples_of_split(history, checkpoint["dataset"], TRAIN)


def usage_by_source(usage: Usage, samples: pa.Table) -> dict[str, dict[str, Any]]:
    """Return the usage of every photograph or video that was used, by its id.

    Parameters
    ----------
    usage
        What a training used.
    samples
        The rows of the pseudo-sequences, or of the clips, of its datasets: ``sample_id``, ``source_ids``.

    Returns
    -------
    dict
        ``samples_drawn``, ``times_drawn``, ``first_step`` (from 0; None without draws),
        ``samples_validated``.
    """
    used = {row["sample_id"]: row for row in usage.samples.to_pylist()}
    of_sources: dict[str, list[Mapping[str, Any]]] = {}
    for row in samples.select(["sample_id", "source_ids"]).to_pylist():
        if row["sample_id"] in used:
            for source in row["source_ids"]:
                of_sources.setdefault(source, []).append(used[row["sample_id"]])
    return {source: _summed(samples) for source, samples in of_sources.items()}


def _summed(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first_steps = [sample["first_step"] for sample in samples if sample["first_step"] is not None]
    return {
        "samples_drawn": len(first_steps),
        "times_drawn": sum(sample["times_drawn"] for sample in samples),
        "first_step": min(first_steps, default=None),
        "samples_validated": sum(sample["is_validated"] for sample in samples),
    }


def _drawn(sample_ids: pa.Array, training: dict[str, Any], steps: int) -> pa.Table:
    if not len(sample_ids):
        return no_rows(_SAMPLES)
    drawn = draws(training["seed"], len(sample_ids), training["batch_size"], steps)
    is_drawn = drawn.first_steps != NEVER
    times, first_steps = integers(drawn.times), integers(drawn.first_steps, is_drawn)
    samples = _samples(sample_ids, times, first_steps, np.zeros(len(sample_ids), np.bool_))
    return samples.filter(booleans(is_drawn))


def _validated(sample_ids: pa.Array) -> pa.Table:
    count = len(sample_ids)
    none = integers(np.zeros(count, np.int64))
    return _samples(sample_ids, none, pa.nulls(count, pa.int64()), np.ones(count, np.bool_))


def _samples(
    sample_ids: pa.Array, times: pa.Array, first_steps: pa.Array, is_validated: npt.NDArray[np.bool_]
) -> pa.Table:
    return pa.Table.from_arrays([sample_ids, times, first_steps, booleans(is_validated)], schema=_SAMPLES)


def _unknown(why: str, datasets: tuple[str, ...]) -> Usage:
    return Usage(no_rows(_SAMPLES), datasets, why_unknown=why)
