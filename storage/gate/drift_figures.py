"""The figures of a stage that drift compares: statistics, sizes, brightness, rejected rows, names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shls_core.files.pictures.jpeg_frames import decode_frame
from storage.objects.objects import ObjectStore
from storage.records.tombstones import ERASED
from storage.rows.chosen_values import ChosenValuesReader
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import SEQUENCES

_ROWS_LOOKED_AT = 256
"""Rows whose brightness is measured: one frame of each is decoded."""
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class StageFigures:
    """What is compared of a stage.

    Attributes
    ----------
    num_sources : int
        Sources from which its accepted rows descend: rows of one source are alike, chance is judged by these.
    values : mapping
        A value for each accepted row, or for some of them, by figure.
    rejected : mapping
        Share of all rows, 0..1, by the kind of reason.
    names : mapping or None
        File name of each accepted source, by its id; None for a stage that is not of sources.
    """

    num_sources: int
    values: Mapping[str, npt.NDArray[np.float64]]
    rejected: Mapping[str, float]
    names: Mapping[str, str] | None


def figures_of(objects: ObjectStore, artifact: StageArtifact) -> StageFigures:
    """Read the figures of a stage; rows that were erased by order do not count."""
    schema = schema_of(artifact.manifest.stage)
    statistics = [field.name for field in schema.statistics]
    size = [field.name for field in schema.content if field.name in ("height", "width")]
    name = ["file_name"] if not schema.reads else []
    table = artifact.table(["source_ids", "rejected", *statistics, *size, *name])
    table = table.filter(pc.not_equal(pc.fill_null(table["rejected"], ""), ERASED))
    accepted = table.filter(pc.is_null(table["rejected"]))
    sources = [ids[0] for ids in accepted["source_ids"].to_pylist()]
    values = {column: _numbers(accepted[column]) for column in statistics}
    if len(size) == 2:
        values["size_px"] = np.sqrt(_numbers(accepted["height"]) * _numbers(accepted["width"]))
    if artifact.manifest.stage == SEQUENCES:  # clips have their luma among the statistics
        values["brightness"] = _brightness(objects, artifact)
    return StageFigures(
        num_sources=len(set(sources)),
        values=values,
        rejected=_shares(table["rejected"].to_pylist()),
        names=dict(zip(sources, accepted["file_name"].to_pylist(), strict=True)) if name else None,
    )


def kind_of_reason(reason: str) -> str:
    """Return the kind of a reason of rejection: its text before the first colon."""
    return reason.partition(":")[0]


def _shares(reasons: Sequence[str | None]) -> dict[str, float]:
    counts = Counter(kind_of_reason(reason) for reason in reasons if reason is not None)
    return {reason: count / len(reasons) for reason, count in counts.items()}


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(column.drop_null().to_numpy(), dtype=np.float64)


def _brightness(objects: ObjectStore, artifact: StageArtifact) -> npt.NDArray[np.float64]:
    """Return the mean luma, 0..255, of the first frame of some rows: ids are digests, any will do."""
    reader = ChosenValuesReader(objects)
    found = []
    for address, row in artifact.accepted(["num_frames"])[:_ROWS_LOOKED_AT]:
        (data,) = reader.chosen(address.shard, "frames", address.index, [0], row["num_frames"])
        found.append(float(decode_frame(data).mean(axis=(0, 1)) @ _LUMA))
    return np.array(found, dtype=np.float64)
