"""Which samples of a dataset are on which side of its split, as the loader numbers them."""

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing
from shls_core.photographs.split import Split
from storage.canonical import short
from storage.lineage.arrays import string
from storage.lineage.history import History
from storage.records.manifests import stages_in
from storage.rows.stage_names import SEQUENCES, SUPERPIXELS


def samples_of_split(history: History, dataset: str, split: Split) -> pa.Array:
    """Return the samples of a split, by their numbers in `storage.rows.loader.SequenceLoader`.

    Samples that were erased on request since then still count.

    Raises
    ------
    ObjectMissing
        If an object that is needed for the answer is missing.
    """
    if dataset not in history.splits:
        history.splits[dataset] = _splits(history, dataset)
    rows = history.splits[dataset]
    return rows.filter(pc.equal(rows["split"], string(split)))["sample_id"].combine_chunks()


def _splits(history: History, dataset: str) -> pa.Table:
    """Return sample id and split of the samples that the loader has, by ascending id."""
    record = history.records.get(dataset)
    if record is None:
        raise ObjectMissing(f"dataset {short(dataset)}… is {history.absences.why(dataset)}")
    sequences, superpixels = (
        _accepted(history, stages_in(record)[stage]) for stage in (SEQUENCES, SUPERPIXELS)
    )
    both = pc.is_in(sequences["sample_id"], value_set=superpixels["sample_id"].combine_chunks())
    return sequences.filter(both).select(["sample_id", "split"]).sort_by("sample_id")


def _accepted(history: History, artifact: str) -> pa.Table:
    table = history.rows_of(artifact)
    gone = [artifact] if table is None else history.lost_shards(artifact)
    if table is None or gone:
        raise ObjectMissing(f"object {short(gone[0])}… of its dataset is {history.absences.why(gone[0])}")
    return table.filter(pc.is_valid(table["digest"]))
