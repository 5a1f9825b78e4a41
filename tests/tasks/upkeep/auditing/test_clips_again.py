"""Clips and footage, made again: from the store, and from films at hand."""

import shutil

import numpy as np
import pytest

from shls_core.errors import NameUnknown
from storage.rows.dataset import Dataset
from storage.rows.shards import RowReader
from storage.rows.stage_graph import schema_of
from tasks.upkeep.auditing.clip_replay import clips_beginning, replay_clip, write_frames
from tasks.upkeep.auditing.drawing import draw_samples
from tasks.upkeep.auditing.films import Films
from tasks.upkeep.auditing.recorded_stages import NotComparable
from tasks.upkeep.auditing.remaking import Remaking


def stored(staged, stage):
    reader, columns = RowReader(staged.store.objects), schema_of(stage).arrow.names
    accepted = Dataset(staged.store.objects, staged.dataset)[stage].accepted()
    return [reader.row(address.shard, address.index, columns) for address, _ in accepted]


@pytest.fixture
def remaking(staged_clips):
    return lambda *folders: Remaking(staged_clips.store.objects, staged_clips.dataset, Films(folders))


def test_footage_and_clips_are_made_again_to_the_byte(staged_clips, remaking, videos):
    again = remaking(videos)
    for stage in ("footage", "clips"):
        for row in stored(staged_clips, stage):
            assert again.row_again(stage, row) == row


def test_whole_shards_are_made_again(staged_clips, remaking, videos):
    again = remaking(videos)
    for stage in ("footage", "clips"):
        for ref in again.artifacts[stage].manifest.shards:
            assert again.shard_again(stage, ref) == (ref.digest, [])
        assert again.unplanned(stage) == set()


def test_a_film_that_is_not_at_hand_is_said_to_be(staged_clips, remaking, videos, tmp_path):
    row = next(one for one in stored(staged_clips, "footage") if one["file_name"] == "film-1.mp4")
    with pytest.raises(NotComparable, match=r"film-1\.mp4\) is not at hand: --footage gives its folder"):
        remaking(tmp_path).row_again("footage", row)
    shutil.copy(videos / "film-2.mp4", tmp_path / "film-1.mp4")  # other bytes under its name
    with pytest.raises(NotComparable, match="is not at hand"):
        remaking(tmp_path).row_again("footage", row)
    assert remaking(tmp_path, videos).row_again("footage", row) == row


def test_clips_are_drawn_like_other_samples(staged_clips, remaking):
    clips = {row["sample_id"] for row in stored(staged_clips, "clips")}
    drawn = draw_samples(np.random.default_rng(0), {staged_clips.dataset: remaking()}, len(clips) + 1)
    assert {one.sample_id for one in drawn} == clips
    assert {one.stage for one in drawn} == {"clips"}


def test_a_clip_is_replayed_from_its_footage(staged_clips, tmp_path):
    objects, dataset = staged_clips.store.objects, staged_clips.dataset
    row = stored(staged_clips, "clips")[0]
    assert clips_beginning(objects, dataset, row["sample_id"][:10]) == [row["sample_id"]]
    replayed = replay_clip(objects, dataset, row["sample_id"])
    assert replayed.stage.status == "identical"
    assert list(replayed.frames) == row["frames"]
    assert len(write_frames(replayed, tmp_path / "look")) == row["num_frames"]
    with pytest.raises(NameUnknown, match="expected a clip of dataset"):
        replay_clip(objects, dataset, "ab" * 32)


def test_a_dataset_of_photographs_has_no_clips(staged):
    assert clips_beginning(staged.store.objects, staged.dataset, "ab") == []
