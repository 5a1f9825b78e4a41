"""Ids of rows, computed again from what the rows hold."""

import hashlib
import json

import pytest

from storage.rows.dataset import Dataset
from storage.rows.shards import RowReader
from storage.rows.stage_graph import schema_of
from storage.rows.video_ids import clip_id, footage_id
from storage.verification.row_identity import misnamed


def digest(value):
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()


def rows(staged, stage):
    reader, columns = RowReader(staged.store.objects), schema_of(stage).arrow.names
    return [
        reader.row(address.shard, address.index, columns)
        for address, _ in Dataset(staged.store.objects, staged.dataset)[stage].accepted()
    ]


def test_ids_are_digests_of_what_they_name():
    video = "ab" * 32
    assert footage_id(video, 0) == video
    assert footage_id(video, 64) == digest(["footage", video, 64])
    assert clip_id(video, 3, 12) == digest(["clip", video, 3, 12])


@pytest.mark.parametrize("stage", ["footage", "clips"])
def test_rows_of_videos_have_the_id_that_follows_from_their_video_and_place(staged_clips, stage):
    found = rows(staged_clips, stage)
    assert found
    assert [misnamed(stage, row) for row in found] == [None] * len(found)


@pytest.mark.parametrize(
    ("stage", "change"),
    [
        ("footage", {"first": 1}),
        ("footage", {"source_ids": ["cd" * 32]}),
        ("footage", {"source_ids": []}),
        ("clips", {"first": 1000}),
        ("clips", {"video_id": "cd" * 32}),
        ("clips", {"source_ids": ["cd" * 32]}),
        ("clips", {"frames": []}),
    ],
)
def test_a_row_that_was_moved_to_another_video_or_place_is_found(staged_clips, stage, change):
    row = rows(staged_clips, stage)[0]
    assert "is not named after its video" in misnamed(stage, {**row, **change})


def test_a_photograph_is_named_by_its_bytes(staged):
    row = rows(staged, "ingest")[0]
    assert misnamed("ingest", row) is None
    assert "holds the bytes of another" in misnamed("ingest", {**row, "image": row["image"] + b"x"})
