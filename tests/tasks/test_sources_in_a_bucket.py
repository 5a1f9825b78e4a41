"""Photographs and videos in a bucket give the dataset that they give in a folder."""

import obstore
import pytest

from shls_core.errors import InputError
from storage.files.location import s3_backend
from storage.store import Store
from tasks.planning.sources.scratch import scratch_folder
from tasks.planning.stage_plan import wanted_rows
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.staging.build_stage import build_stage

STAGING = StagingConfig(seed=1, rows_per_shard=4)
SERIAL = ExecutionConfig(backend="serial")


def ingest(place):
    return IngestStage(IngestConfig(images=str(place), max_side=90))


def test_photographs_in_a_bucket_are_got_twice_and_never_again(store, photographs, upload, requests):
    there = upload(photographs, "photos")
    here = build_stage(store, ingest(photographs), {}, STAGING, SERIAL).artifact
    empty = Store.create(store.root.parent / "another")
    made = build_stage(empty, ingest(there), {}, STAGING, SERIAL)
    assert (made.artifact, made.status) == (here, "computed")
    assert set(requests.values()) == {2}  # to plan the row, and to make it
    assert len(requests) == 8


def test_videos_in_a_bucket_are_those_in_a_folder(store, videos, staged_clips, stage_clips, upload, requests):
    there = stage_clips(store, upload(videos, "films"))
    assert there.dataset == staged_clips.dataset
    # Read to plan its rows, and to make them; a frame once more for the row after its own, if there is one.
    assert {count for key, count in requests.items() if key.endswith(".mp4")} == {2}
    assert [path.name for path in scratch_folder().iterdir()] == ["in-use"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda backend, key: obstore.put(backend, key, b"other"), "changed while it was read"),
        (obstore.delete, "was removed while it was read"),
    ],
)
def test_an_object_that_changes_after_the_plan_ends_the_build_in_one_line(
    change, expected, store, photographs, upload, bucket
):
    there = upload(photographs, "photos")
    wanted = wanted_rows(store, ingest(there), {})
    change(s3_backend(bucket.removeprefix("s3://")), "photos/coffee.png")
    with pytest.raises(InputError) as raised:
        build_stage(store, ingest(there), {}, STAGING, SERIAL, wanted=wanted)
    assert str(raised.value) == f"{there}/coffee.png {expected}: run again when nobody writes to it"
    assert store.keys.recent("ingest", 1) == []


@pytest.mark.slow
@pytest.mark.usefixtures("own_ray")
def test_workers_make_the_same_dataset_of_sources_and_a_store_in_buckets(
    bucket, staged, staged_clips, photographs, videos, stage_dataset, stage_clips, upload
):
    in_bucket = Store.create(f"{bucket}/store")
    made = stage_dataset(in_bucket, upload(photographs, "photos"), backend="ray", workers=2)
    assert made.dataset == staged.dataset
    clips = stage_clips(in_bucket, upload(videos, "films"), backend="ray", workers=2)
    assert clips.dataset == staged_clips.dataset
