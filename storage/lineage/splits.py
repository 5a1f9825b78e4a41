"""Which samples of a dataset are on which side of its split, as the loader numbers them."""

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import ObjectMissing
from shls_core.split import Split
from storage.lineage.history import History
from storage.schemas import SEQUENCES, SUPERPIXELS


def samples_of_split(history: History, dataset: str, split: Split) -> pa.Array:
    """Return the samples of a split, by their numbers in `storage.loader.SequenceLoader`.

    Those that were erased by order since count as they did before.

    Raises
    ------
    ObjectMissing
        If what would tell is not in the store.
    """
    if dataset not in history.splits:
        history.splits[dataset] = _splits(history, dataset)
    sample_ids, splits = history.splits[dataset]
    return sample_ids.filter(pc.equal(splits, split))


def _splits(history: History, dataset: str) -> tuple[pa.Array, pa.Array]:
    """Return the samples that the loader has, ascending, and the split of each."""
    said = history.records.get(dataset)
    if said is None:
        raise ObjectMissing(f"dataset {dataset[:12]}… is {history.absences.why(dataset)}")
    sequences, superpixels = (_accepted(history, said[stage]) for stage in (SEQUENCES, SUPERPIXELS))
    whole = pc.is_in(sequences["sample_id"], value_set=superpixels["sample_id"].combine_chunks())
    rows = sequences.append_column("is_whole", whole).sort_by("sample_id")
    splits = _with_those_of_erased_rows(rows)
    is_whole = rows["is_whole"].combine_chunks()
    return rows["sample_id"].combine_chunks().filter(is_whole), splits.filter(is_whole)


def _accepted(history: History, artifact: str) -> pa.Table:
    table = history.rows_of(artifact)
    gone = [artifact] if table is None else history.lost_shards(artifact)
    if table is None or gone:
        raise ObjectMissing(f"object {gone[0][:12]}… of its dataset is {history.absences.why(gone[0])}")
    return table.filter(pc.is_valid(table["digest"]))


def _with_those_of_erased_rows(sequences: pa.Table) -> pa.Array:
    """Return the split of every sequence, of which erased rows keep no note.

    All photographs of a sequence lie on one side, so an erased sequence is on the side of any of its
    photographs that is in another one; and so on.

    Raises
    ------
    ObjectMissing
        If that does not tell.
    """
    splits = sequences["split"].to_pylist()
    waiting = [place for place, split in enumerate(splits) if split is None]
    if not waiting:
        return sequences["split"].combine_chunks()
    images = sequences["image_ids"].to_pylist()
    side = {image: split for split, names in zip(splits, images, strict=True) if split for image in names}
    while waiting:
        told = [place for place in waiting if not side.keys().isdisjoint(images[place])]
        if not told:
            sample = sequences["sample_id"][waiting[0]].as_py()
            raise ObjectMissing(f"the side of the split of sample {sample[:12]}… was erased by order with it")
        for place in told:
            splits[place] = next(side[image] for image in images[place] if image in side)
            side |= dict.fromkeys(images[place], splits[place])
        waiting = [place for place in waiting if splits[place] is None]
    return pa.array(splits, pa.string())
