"""The same work on a bucket: the same bytes, wherever they lie and whoever makes them."""

import shutil

import cv2
import obstore
import pytest

from storage.records.manifests import DatasetManifest, get_record
from storage.rows.stage_names import OF_STILLS
from storage.store import Store


def objects_in(store):
    return {entry["path"] for entry in obstore.list(store.backend, "objects").collect()}


@pytest.fixture
def in_bucket(bucket):
    return Store.create(f"{bucket}/store")


def test_a_dataset_in_a_bucket_is_the_dataset_on_disk(in_bucket, staged, photographs, stage_dataset):
    there = stage_dataset(in_bucket, photographs)
    assert there.dataset == staged.dataset
    assert objects_in(in_bucket) == objects_in(staged.store)
    again = stage_dataset(Store.open(in_bucket.location), photographs)
    assert again.dataset == staged.dataset
    assert {outcome.status for outcome in again.outcomes.values()} == {"cached"}


@pytest.mark.slow
@pytest.mark.usefixtures("own_ray")
def test_workers_make_the_same_dataset_in_a_bucket(in_bucket, staged, photographs, stage_dataset):
    there = stage_dataset(in_bucket, photographs, backend="ray", workers=2)
    assert there.dataset == staged.dataset
    assert objects_in(in_bucket) == objects_in(staged.store)


@pytest.mark.slow
def test_one_photograph_more_copies_the_other_rows_as_on_disk(
    in_bucket, staged_copy, photographs, stage_dataset, tmp_path
):
    stage_dataset(in_bucket, photographs)
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    upside_down = cv2.imread(str(folder / "coffee.png"))[::-1]
    assert cv2.imwrite(str(folder / "one more.png"), upside_down)

    there, here = stage_dataset(in_bucket, folder), stage_dataset(staged_copy, folder)
    assert there.dataset == here.dataset
    for stage in OF_STILLS:
        figures = [
            (outcome.status, outcome.rows, outcome.rows_computed, outcome.shards_computed)
            for outcome in (there.outcomes[stage], here.outcomes[stage])
        ]
        assert figures[0] == figures[1]
    assert there.outcomes["saliency"].rows_computed == 1
    assert objects_in(in_bucket) == objects_in(staged_copy)


@pytest.mark.slow
def test_an_object_removed_from_a_bucket_is_made_again(in_bucket, photographs, stage_dataset):
    whole = stage_dataset(in_bucket, photographs)
    before = objects_in(in_bucket)
    manifest = get_record(in_bucket.objects, whole.dataset, DatasetManifest)
    removed = [f"objects/{digest[:2]}/{digest}" for digest in (manifest.stages["sequences"], whole.dataset)]
    obstore.delete(in_bucket.backend, removed)
    assert stage_dataset(in_bucket, photographs).dataset == whole.dataset
    assert objects_in(in_bucket) == before
