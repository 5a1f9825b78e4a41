"""Which samples a checkpoint's training used before the weights that were kept, computed from its record."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing
from shls_core.split import HELD_OUT, TRAIN
from storage.lineage.history import History
from storage.lineage.records import Content
from storage.lineage.splits import samples_of_split
from storage.used_sequences import NEVER, draws, spread

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
    """Every sequence that was drawn or validated on: ``sample_id``, ``times_drawn``, ``first_step`` (from 0,
    null without draws), ``is_validated``."""
    steps: int | None = None
    """Steps before the weights that were kept."""
    validations: int = 0
    """Validations of the whole run."""
    selected_by_validation: bool = False
    """Whether validations chose the weights, or only watched."""
    why_unknown: str | None = None
    """Why nothing can be told of it."""

    def of_samples(self, sample_ids: pa.Array) -> pa.Table:
        """Return those of `samples` that are among some."""
        return self.samples.filter(pc.is_in(self.samples["sample_id"], value_set=sample_ids))


def usage_of(history: History, checkpoint: Content) -> Usage:
    """Return what the training of a checkpoint used.

    Exact: the batches of a step are a function of seed and step, and the record has what they are made of.

    Parameters
    ----------
    history
        Of the store.
    checkpoint
        The record.
    """
    training = checkpoint["configuration"].get("training", {})
    validations = len(checkpoint.get("validations", ()))
    needed = ("seed", "batch_size", "steps", *(["validation_sequences"] if validations else []))
    if missing := [name for name in needed if name not in training]:
        return _unknown(f"its record has no training.{missing[0]}")
    try:
        trained_on = samples_of_split(history, checkpoint["dataset"], TRAIN)
        held_out = samples_of_split(history, checkpoint["dataset"], HELD_OUT)
    except ObjectMissing as missing:
        return _unknown(str(missing))
    steps = checkpoint.get("step") or training["steps"]
    validated = spread(len(held_out), training["validation_sequences"]) if validations else []
    return Usage(
        samples=pa.concat_tables(
            [_drawn(trained_on, training, steps), _validated(held_out.take(pa.array(validated, pa.int64())))]
        ),
        steps=steps,
        validations=validations,
        selected_by_validation=training.get("checkpoint") == "best",
    )


def usage_by_photograph(usage: Usage, sequences: pa.Table) -> dict[str, dict[str, Any]]:
    """Return what of a photograph was used, for every photograph of which something was, by image id.

    Parameters
    ----------
    usage
        What a training used.
    sequences
        The rows of the pseudo-sequences of its dataset.

    Returns
    -------
    dict
        ``samples_drawn``, ``times_drawn``, ``first_step`` (from 0; None without draws),
        ``samples_validated``.
    """
    images = sequences["image_ids"].combine_chunks()
    of_row = pc.index_in(sequences["sample_id"].combine_chunks(), usage.samples["sample_id"].combine_chunks())
    of_image = usage.samples.take(of_row.take(pc.list_parent_indices(images)))
    of_image = of_image.append_column("image_id", pc.list_flatten(images)).filter(
        pc.is_valid(of_image["sample_id"])
    )
    of_image = of_image.append_column("is_drawn", pc.is_valid(of_image["first_step"]))
    figures = of_image.group_by("image_id").aggregate(
        [("is_drawn", "sum"), ("times_drawn", "sum"), ("first_step", "min"), ("is_validated", "sum")]
    )
    return {
        row["image_id"]: {
            "samples_drawn": row["is_drawn_sum"],
            "times_drawn": row["times_drawn_sum"],
            "first_step": row["first_step_min"],
            "samples_validated": row["is_validated_sum"],
        }
        for row in figures.to_pylist()
    }


def _drawn(sample_ids: pa.Array, training: dict[str, Any], steps: int) -> pa.Table:
    if not len(sample_ids):
        return _SAMPLES.empty_table()
    drawn = draws(training["seed"], len(sample_ids), training["batch_size"], steps)
    never = drawn.first_steps == NEVER
    columns = [sample_ids, drawn.times, pa.array(drawn.first_steps, mask=never), np.zeros(len(never), bool)]
    return pa.table(columns, schema=_SAMPLES).filter(pa.array(~never))


def _validated(sample_ids: pa.Array) -> pa.Table:
    count = len(sample_ids)
    return pa.table(
        [sample_ids, np.zeros(count, np.int64), pa.nulls(count, pa.int64()), np.ones(count, bool)],
        schema=_SAMPLES,
    )


def _unknown(why: str) -> Usage:
    return Usage(_SAMPLES.empty_table(), why_unknown=why)
