import json
import socket

import pydantic
import pytest

from shls_core.errors import NameUnknown, ObjectCorrupted, ObjectMissing, StoreError
from shls_core.files.skipped_counts import SkippedCount
from storage.canonical import canonical_json
from storage.objects.objects import object_path
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import (
    DatasetManifest,
    ShardRef,
    StageManifest,
    get_record,
    put_record,
    record_id,
)
from storage.store import Store

SHARDS = tuple(ShardRef(digest=letter * 64, rows=2, rejected=0, bytes=10) for letter in "ab")
MANIFEST = StageManifest(
    stage="ingest",
    parameters={"z": 1, "a": [0.5, None]},
    code_digest="c" * 64,
    versions={"numpy": "2.4.6"},
    inputs={},
    content_digest="d" * 64,
    rows=4,
    rejected=0,
    statistics={"num_bytes": {"min": 1.0, "mean": 2.0, "max": 3.0}},
    shards=SHARDS,
)
STAGES = {"ingest": "1" * 64, "saliency": "2" * 64, "sequences": "3" * 64, "superpixels": "4" * 64}
DATASET = DatasetManifest(stages=STAGES)


@pytest.mark.parametrize("record", [MANIFEST, DATASET])
def test_records_come_back_and_are_canonical_json(store, record):
    digest = put_record(store.objects, record)
    assert digest == record_id(record)
    assert get_record(store.objects, digest, type(record)) == record
    data = store.objects.get(digest).decode()
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"))


def test_the_id_is_the_same_in_every_store_at_every_time(store, tmp_path):
    elsewhere = Store.create(tmp_path / "elsewhere")
    turned = MANIFEST.model_copy(update={"parameters": {"a": [0.5, None], "z": 1}})
    assert put_record(elsewhere.objects, turned) == put_record(store.objects, MANIFEST)


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 1},
        {"stage": "saliency"},
        {"parameters": {}},
        {"code_digest": "e" * 64},
        {"versions": {"numpy": "2.4.7"}},
        {"inputs": {"ingest": "f" * 64}},
        {"content_digest": "e" * 64},
        {"rows": 5},
        {"rejected": 1},
        {"statistics": {}},
        {"shards": SHARDS[::-1]},
        {"shards": SHARDS[:1]},
    ],
)
def test_the_id_is_a_hash_of_everything_in_the_manifest(change):
    assert record_id(MANIFEST.model_copy(update=change)) != record_id(MANIFEST)


def test_unknown_keys_are_refused():
    with pytest.raises(pydantic.ValidationError, match="Extra inputs are not permitted"):
        DatasetManifest(stages=STAGES, made_at="today")


def test_a_dataset_of_version_2_is_read_and_keeps_its_id(store):
    stored = canonical_json({"schema_version": 2, "kind": "dataset", **STAGES})
    digest = store.objects.put(stored)
    read = get_record(store.objects, digest, DatasetManifest)
    assert (read.schema_version, read.stages) == (2, STAGES)
    assert (record_id(read), put_record(store.objects, read)) == (digest, digest)
    assert record_id(DATASET) != digest


def test_a_record_of_a_later_version_is_refused(store):
    later = store.objects.put(canonical_json({"schema_version": 4, "kind": "dataset", "stages": STAGES}))
    with pytest.raises(StoreError, match=r"expected records of version 3 at most, got record .* version 4"):
        get_record(store.objects, later, DatasetManifest)


def test_records_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        MANIFEST.rows = 5


def test_another_kind_of_record_or_no_record_is_named(store):
    digest = put_record(store.objects, DATASET)
    with pytest.raises(NameUnknown, match=f"expected a CheckpointRecord, .*{digest[:12]}"):
        get_record(store.objects, digest, CheckpointRecord)
    with pytest.raises(NameUnknown, match="expected a DatasetManifest"):
        get_record(store.objects, store.objects.put(b"\xff\x00"), DatasetManifest)
    with pytest.raises(ObjectMissing):
        get_record(store.objects, "0" * 64, DatasetManifest)


def test_a_changed_record_is_not_believed(store, damage):
    digest = put_record(store.objects, MANIFEST)
    damage(digest, lambda data: data.__setitem__(data.index(b'"rows":4') + 7, ord("5")))
    with pytest.raises(ObjectCorrupted, match=object_path(digest)):
        get_record(store.objects, digest, StageManifest)


def test_what_is_hashed_of_a_dataset_holds_no_place_host_or_time(staged):
    kinds = []
    for path in (staged.store.root / "objects").rglob("*"):
        if path.is_file() and (data := path.read_bytes()).startswith(b"{"):
            kinds.append(json.loads(data).get("kind", "modules"))
            assert not [key for key in json.loads(data) if key.endswith(("_at", "seconds", "host", "path"))]
            assert str(staged.store.root).encode() not in data
            assert socket.gethostname().encode() not in data
    assert sorted(kinds) == ["dataset", *["modules"] * 4, *["stage"] * 4]


def test_a_manifest_in_which_nothing_is_skipped_is_written_as_before_there_was_the_field(store):
    assert "skipped" not in json.loads(store.objects.get(put_record(store.objects, MANIFEST)))
    counted = MANIFEST.model_copy(update={"skipped": (SkippedCount(kind="video", count=2),)})
    digest = put_record(store.objects, counted)
    assert get_record(store.objects, digest, StageManifest) == counted
    assert json.loads(store.objects.get(digest))["skipped"] == [{"count": 2, "kind": "video"}]
