"""Photographs that are held out from one checkpoint and were learned from by another."""

from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.dataset import Dataset
from storage.rows.shards import put_shard, read_columns
from storage.rows.stage_graph import schema_of
from tasks.scoring.seen_sources import seen_sources


def sources(store, dataset, split):
    table = Dataset(store.objects, dataset)["sequences"].table(["split", "source_ids"]).to_pylist()
    return {source for row in table if row["split"] == split for source in row["source_ids"]}


def test_held_out_photographs_in_the_training_of_another_dataset_are_counted(staged, staged_copy):
    held_out, trained = (sources(staged_copy, staged.dataset, split) for split in (HELD_OUT, TRAIN))
    assert held_out
    assert not held_out & trained
    assert seen_sources(staged_copy, staged.dataset, [staged.dataset]) == (0, len(held_out))
    assert seen_sources(staged_copy, staged.dataset, []) == (0, len(held_out))
    # The same photographs, with the two sides of the split exchanged.
    other = exchanged(staged_copy, staged.dataset)
    seen = seen_sources(staged_copy, staged.dataset, [staged.dataset, other])
    assert seen == (len(held_out), len(held_out))


def exchanged(store, dataset):
    """The id of a dataset whose training rows are another one's held-out ones."""
    manifest = get_record(store.objects, dataset, DatasetManifest)
    stage = get_record(store.objects, manifest.stages["sequences"], StageManifest)
    schema, shards = schema_of("sequences").arrow, []
    for shard in stage.shards:
        rows = read_columns(store.objects, shard.digest, schema.names).to_pylist()
        for row in rows:
            if row["split"] is not None:
                row["split"] = TRAIN if row["split"] == HELD_OUT else HELD_OUT
        shards.append(put_shard(store.objects, schema, rows))
    changed = put_record(store.objects, stage.model_copy(update={"shards": tuple(shards)}))
    return put_record(store.objects, DatasetManifest(stages=manifest.stages | {"sequences": changed}))
