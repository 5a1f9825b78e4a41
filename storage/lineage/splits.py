"""Which samples of a dataset are on which side of its split, as the loaders number them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing
from shls_core.photographs.split import Split
from storage.canonical import short
from storage.lineage.arrays import integers, no_rows, string
from storage.lineage.history import History
from storage.records.manifests import stages_in
from storage.rows.stage_names import CLIPS, CLUSTERS, SEQUENCES, SUPERPIXELS

_SPLIT_ROWS = pa.schema([pa.field("sample_id", pa.string()), pa.field("split", pa.string())])


def samples_of_split(history: History, dataset: str, split: Split) -> pa.Array:
    """Return the pseudo-sequences of a split, by their numbers in `storage.rows.loader.SequenceLoader`.

    Samples that were erased on request since then still count. A dataset of videos alone has none.

    Raises
    ------
    ObjectMissing
        If an object that is needed for the answer is missing.
    """
    if dataset not in history.splits:
        history.splits[dataset] = _splits(history, dataset)
    return _of_split(history.splits[dataset], split)


def clips_of_split(history: History, dataset: str, split: Split, num_frames: int) -> pa.Array:
    """Return the clips of a split, by their numbers in `storage.rows.clip_loader.ClipLoader`.

    Parameters
    ----------
    history, dataset, split
        As for `samples_of_split`.
    num_frames
        Frames that are drawn of a clip; shorter clips have no number.

    Raises
    ------
    ObjectMissing
        If an object that is needed for the answer is missing.
    """
    artifacts = _stages(history, dataset)
    if CLIPS not in artifacts:
        return _of_split(no_rows(_SPLIT_ROWS), split)
    clips = _accepted(history, artifacts[CLIPS])
    if CLUSTERS in artifacts:
        clusters = _accepted(history, artifacts[CLUSTERS])["sample_id"].combine_chunks()
        clips = clips.filter(pc.is_in(clips["sample_id"], value_set=clusters))
    least = integers(np.array([num_frames], np.int64))[0]
    long_enough = clips.filter(pc.greater_equal(clips["num_frames"], least))
    return _of_split(long_enough.sort_by("sample_id"), split)


def _of_split(rows: pa.Table, split: Split) -> pa.Array:
    return rows.filter(pc.equal(rows["split"], string(split)))["sample_id"].combine_chunks()


def _splits(history: History, dataset: str) -> pa.Table:
    """Return sample id and split of the sequences that the loader has, by ascending id."""
    artifacts = _stages(history, dataset)
    if SEQUENCES not in artifacts:
        return no_rows(_SPLIT_ROWS)
    sequences, superpixels = (_accepted(history, artifacts[stage]) for stage in (SEQUENCES, SUPERPIXELS))
    both = pc.is_in(sequences["sample_id"], value_set=superpixels["sample_id"].combine_chunks())
    return sequences.filter(both).select(["sample_id", "split"]).sort_by("sample_id")


def _stages(history: History, dataset: str) -> dict[str, str]:
    record = history.records.get(dataset)
    if record is None:
        raise ObjectMissing(f"dataset {short(dataset)}… is {history.absences.why(dataset)}")
    return stages_in(record)


def _accepted(history: History, artifact: str) -> pa.Table:
    table = history.rows_of(artifact)
    gone = [artifact] if table is None else history.lost_shards(artifact)
    if table is None or gone:
        raise ObjectMissing(f"object {short(gone[0])}… of its dataset is {history.absences.why(gone[0])}")
    return table.filter(pc.is_valid(table["digest"]))
