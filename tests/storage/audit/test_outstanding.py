"""What still descends from a withdrawn photograph, as a naive reading of every row finds it."""

import pytest

from storage.audit.outstanding import TrainedOn, outstanding
from storage.records.manifests import DatasetManifest, get_record
from storage.records.tombstones import ERASED
from storage.rows.dataset import Dataset
from storage.rows.stage_names import OF_STILLS
from storage.withdrawal.deny_list import Withdrawal


def withdrawal(image_id):
    return Withdrawal(image_id, "asked for", "2026-01-02", "ann", "run")


def rows(store, dataset, stage):
    return Dataset(store.objects, dataset)[stage].table(["sample_id", "source_ids"]).to_pylist()


def found(store, withdrawn, *datasets):
    manifests = {one: get_record(store.objects, one, DatasetManifest) for one in datasets}
    denied = {image_id: withdrawal(image_id) for image_id in withdrawn}
    trained_on = {f"learned from {one}": [TrainedOn(one, "sequences")] for one in datasets}
    return outstanding(store.objects, denied, manifests, trained_on)


def test_every_photograph_is_held_by_the_dataset_and_learned_from_where_a_sequence_has_it(staged):
    photographs = [row["sample_id"] for row in rows(staged.store, staged.dataset, "ingest")]
    in_sequences = {
        image for row in rows(staged.store, staged.dataset, "sequences") for image in row["source_ids"]
    }
    for image_id in photographs:
        (one,) = found(staged.store, [image_id], staged.dataset)
        assert (one.withdrawal.source_id, one.datasets) == (image_id, (staged.dataset,))
        assert bool(one.checkpoints) == (image_id in in_sequences)


def test_nothing_is_outstanding_of_photographs_that_are_in_no_dataset(staged):
    assert found(staged.store, ["f" * 64], staged.dataset) == []
    assert found(staged.store, [], staged.dataset) == []


@pytest.mark.parametrize("stages", [OF_STILLS, ("ingest",)])
def test_weights_do_not_forget_what_was_erased_since(staged, staged_copy, with_rows_changed, stages):
    image_id = rows(staged.store, staged.dataset, "sequences")[0]["source_ids"][0]
    dataset = staged.dataset
    for stage in stages:
        dataset = with_rows_changed(
            staged_copy,
            dataset,
            stage,
            lambda row: {"rejected": ERASED, "digest": None} if image_id in row["source_ids"] else {},
        )
    (one,) = found(staged_copy, [image_id], dataset)
    assert one.datasets == (() if stages == OF_STILLS else (dataset,))
    assert one.checkpoints == (f"learned from {dataset}",)
