"""A store that version 2 wrote: still read, verified, traced and erased from."""

import shutil

import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.audit.descent import descent_problems
from storage.canonical import canonical_json, digest_json
from storage.lineage.descent import descent
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.dataset import Dataset
from storage.rows.loader import SequenceLoader
from storage.rows.schemas.version_2 import as_stored, is_version_2
from storage.rows.shards import RowReader, open_shard, put_shard, read_columns
from storage.rows.stage_graph import schema_of, schemas_ever
from storage.store import Store
from storage.verification.verify import verify_dataset
from storage.withdrawal.erasure import erase, plan_erasure, write_tombstone

SINCE = ("warps",)
"""Columns that were added since."""


@pytest.fixture
def old(staged, tmp_path):
    """The staged dataset as version 2 would have written it, in a store of its own; and its id."""
    store = Store.open(shutil.copytree(staged.store.root, tmp_path / "old"))
    stages, contents = {}, {}
    for stage, artifact in Dataset(staged.store.objects, staged.dataset).stages.items():
        *_, version_2 = schemas_ever(stage)
        then = version_2.arrow
        kept = [name for name in schema_of(stage).arrow.names if name not in SINCE]
        shards, digests = [], {}
        for shard in artifact.manifest.shards:
            rows = read_columns(store.objects, shard.digest, kept).to_pylist()
            for row in rows:
                if row["digest"]:
                    digests[row["sample_id"]] = row["digest"] = version_2.content_digest(row)
            shards.append(put_shard(store.objects, then, [as_stored(row, then) for row in rows]))
            (store.root / "objects" / shard.digest[:2] / shard.digest).unlink()
        contents[stage] = digest_json(digests)
        changes = {
            "schema_version": 2,
            "shards": tuple(shards),
            "content_digest": contents[stage],
            "inputs": {name: contents[name] for name in artifact.manifest.inputs},
        }
        stages[stage] = put_record(store.objects, artifact.manifest.model_copy(update=changes))
    (store.root / "objects" / staged.dataset[:2] / staged.dataset).unlink()
    dataset = store.objects.put(canonical_json({"schema_version": 2, "kind": "dataset", **stages}))
    store.names.publish("old", dataset)
    return store, dataset


def test_its_shards_are_those_of_version_2(old):
    store, dataset = old
    for artifact in Dataset(store.objects, dataset).stages.values():
        for shard in artifact.manifest.shards:
            columns = open_shard(store.objects.open(shard.digest)).schema_arrow
            assert is_version_2(columns)
            assert "image_ids" in columns.names


def test_every_byte_and_every_row_is_verified(old):
    store, dataset = old
    assert verify_dataset(store, dataset).problems == ()
    manifest = get_record(store.objects, dataset, DatasetManifest)
    assert list(descent_problems(store.objects, dataset, manifest)) == []


def test_it_is_read_by_todays_names(old, staged):
    store, dataset = old
    now, then = Dataset(staged.store.objects, staged.dataset), Dataset(store.objects, dataset)
    for stage in now.stages:
        columns = [name for name in schema_of(stage).arrow.names if name not in {"row_key", *SINCE}]
        if stage == "sequences":  # other columns, another digest
            columns.remove("digest")
        assert then[stage].table(columns).equals(now[stage].table(columns))
    address, _ = then["sequences"].accepted()[0]
    row = RowReader(store.objects).row(address.shard, address.index, ("source_ids", "pasted_ids"))
    assert set(row) == {"source_ids", "pasted_ids"}
    for split in (TRAIN, HELD_OUT):
        pairs = zip(
            SequenceLoader(store.objects, dataset, split),
            SequenceLoader(staged.store.objects, staged.dataset, split),
            strict=True,
        )
        for one, other in pairs:
            assert one.sample_id == other.sample_id
            assert np.array_equal(one.frames, other.frames)


def test_what_it_does_not_have_is_named(old):
    store, dataset = old
    loader = SequenceLoader(store.objects, dataset, TRAIN, ("frames", "warps"))
    with pytest.raises(InputError, match=r"written before warps were kept; .*shls dataset build"):
        loader.arrays([0])


def test_a_photograph_is_traced_through_it(old, staged):
    store, dataset = old
    photograph = Dataset(store.objects, dataset)["ingest"].accepted()[0][0].sample_id
    now, then = descent(staged.store, photograph), descent(store, photograph)
    assert [(row.stage, row.sample_id, row.roles) for row in then.rows] == [
        (row.stage, row.sample_id, row.roles) for row in now.rows
    ]
    assert [found.dataset for found in then.datasets] == [dataset]


def test_a_photograph_is_erased_from_it_and_the_rest_can_be_proved(old, record_run):
    store, dataset = old
    photograph = Dataset(store.objects, dataset)["ingest"].accepted()[0][0].sample_id
    record_run(store, "withdraw", [photograph], {"reason": "consent revoked"})
    erasure = plan_erasure(store, [photograph])
    record_run(store, "purge", [photograph], {}, (write_tombstone(store, erasure),))
    erase(store, erasure)
    verification = verify_dataset(store, dataset)
    assert verification.problems == ()
    assert {one.source_ids for one in verification.erased} == {(photograph,)}
    manifest = get_record(store.with_stand_ins(), dataset, DatasetManifest)
    for artifact in manifest.stages.values():
        for shard in get_record(store.objects, artifact, StageManifest).shards:
            assert is_version_2(open_shard(store.with_stand_ins().open(shard.digest)).schema_arrow)
