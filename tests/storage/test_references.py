from datetime import UTC, datetime

import pytest

from shls_core.errors import NameUnknown
from storage import references
from storage.provenance.environment import Environment
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import DatasetManifest, put_record
from storage.references import newest_checkpoint, resolve
from storage.tables.ledger import Run

ENVIRONMENT = Environment(user=None, host="here", code_commit=None, code_dirty=None, lock_digest=None)


def put_dataset(store, number=0):
    artifacts = dict.fromkeys(("ingest", "saliency", "sequences", "superpixels"), f"{number:064x}")
    return put_record(store.objects, DatasetManifest(stages=artifacts))


def put_checkpoint(store):
    return put_record(
        store.objects,
        CheckpointRecord(
            dataset="d" * 64,
            configuration={},
            code_digest="c" * 64,
            versions={},
            device_kind="cpu",
            weights="e" * 64,
            final_loss=0.5,
        ),
    )


def test_a_dataset_goes_by_name_version_id_or_the_beginning_of_its_id(store):
    first, second = put_dataset(store, 1), put_dataset(store, 2)
    store.names.publish("photos", first)
    store.names.publish("photos", second)
    for reference in ("photos", "photos@latest", "photos@v2", second, second[:6], second[:40]):
        assert resolve(store, reference, "dataset") == second
    for reference in ("photos@v1", first, first[:6]):
        assert resolve(store, reference, "dataset") == first


@pytest.mark.parametrize(
    "reference", ["birds", "photos@v9", "photos@", "@v1", "", "../x", "abc", "0" * 64, "ABCDEF"]
)
def test_what_means_nothing_is_told(store, reference):
    dataset = put_dataset(store)
    store.names.publish("birds-of-prey", dataset)
    with pytest.raises(
        NameUnknown, match=r"expected the name or id of a dataset, got '.*`shls dataset list`"
    ):
        resolve(store, reference, "dataset")


def test_five_digits_are_too_few(store):
    with pytest.raises(NameUnknown):
        resolve(store, put_dataset(store)[:5], "dataset")


def test_a_beginning_of_several_ids_is_ambiguous(store, monkeypatch):
    monkeypatch.setattr(references, "_FEWEST_DIGITS", 2)
    ids = [put_dataset(store, number) for number in range(100)]  # of 256 beginnings
    shared = next(a[:2] for a in ids for b in ids if a[:2] == b[:2] and a != b)
    num_meant = sum(name.startswith(shared) for name in ids)
    with pytest.raises(
        NameUnknown, match=f"id of one dataset, got {shared}, which begins {num_meant} of them"
    ):
        resolve(store, shared, "dataset")


def test_only_records_of_the_kind_asked_for_count(store, monkeypatch):
    monkeypatch.setattr(references, "_FEWEST_DIGITS", 2)
    checkpoint = put_checkpoint(store)
    digits = checkpoint[:2]
    for number in range(2000):  # other objects that begin alike: shards, other kinds of records
        store.objects.put(b"%d" % number)
    assert len(store.objects.find(digits)) > 2
    assert resolve(store, digits, "checkpoint") == checkpoint
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset"):
        resolve(store, checkpoint, "dataset")


def test_a_name_of_another_kind_is_told(store):
    store.names.publish("photos", put_dataset(store))
    with pytest.raises(NameUnknown, match="expected a checkpoint, got a dataset: photos@v1"):
        resolve(store, "photos@v1", "checkpoint")


def test_a_changed_record_is_no_record(store, damage):
    dataset = put_dataset(store)
    damage(dataset, lambda data: data.__setitem__(20, data[20] ^ 1))
    with pytest.raises(NameUnknown):
        resolve(store, dataset[:8], "dataset")


def test_the_newest_checkpoint_is_that_of_the_last_training_that_succeeded(store):
    with pytest.raises(NameUnknown, match=r"expected a checkpoint in .*, found none; `shls train` makes one"):
        newest_checkpoint(store)
    for kind, status, outputs in (
        ("train", "completed", ("first",)),
        ("train", "completed", ("second",)),
        ("train", "failed", ()),
        ("evaluate", "completed", ("scores",)),
    ):
        run = Run(
            run_id="run",
            kind=kind,
            status=status,
            started_at=datetime.now(UTC),
            seconds=0.0,
            configuration={},
            outputs=outputs,
        )
        store.ledger.record(run, ENVIRONMENT)
    assert newest_checkpoint(store) == "second"


def test_a_name_whose_object_was_removed_is_told(store):
    dataset = put_dataset(store)
    store.names.publish("photos", dataset)
    (store.root / "objects" / dataset[:2] / dataset).unlink()
    with pytest.raises(NameUnknown, match=f"got {dataset[:12]}…, which is missing or damaged: photos"):
        resolve(store, "photos", "dataset")
