import collections
import itertools
import pickle

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.photographs.split import HELD_OUT, TRAIN
from shls_core.seeding import generator
from shls_core.training.clip_draw import ClipDraw, draw_part
from storage.objects.objects import object_path
from storage.rows import clip_loader
from storage.rows.batches import Share
from storage.rows.chosen_values import ChosenValuesReader
from storage.rows.clip_loader import ClipLoader
from storage.rows.stage_artifact import StageArtifact

DRAW = ClipDraw(num_frames=3, gap=2, short_side=(36, 44), crop=33, flip=0.5)
quick = settings(max_examples=12)


@pytest.fixture(scope="module")
def train(staged_clips):
    return ClipLoader(staged_clips.store.objects, staged_clips.dataset, TRAIN, DRAW)


@pytest.fixture(scope="module")
def rows(staged_clips):
    """The rows of the clips as pyarrow reads them, by sample id."""
    artifact = StageArtifact(staged_clips.store.objects, staged_clips.outcomes["clips"].artifact)
    paths = [staged_clips.store.root / object_path(shard.digest) for shard in artifact.manifest.shards]
    return {row["sample_id"]: row for row in pa.concat_tables(map(pq.read_table, paths)).to_pylist()}


def first_batches(clips, count, **arguments):
    return [batch["frames"] for batch in itertools.islice(clips.batches(**arguments), count)]


def test_a_place_shows_what_is_drawn_for_it(train, rows):
    for place in range(40):
        number = place % len(train)
        row = rows[train.sample_ids[number]]
        rng = generator(5, "clip", str(place))
        part = draw_part(rng, DRAW, row["num_frames"], row["height"], row["width"])
        (found,) = train.arrays([number], [place], seed=5)["frames"]
        for time, chosen in enumerate(part.numbers):
            data = np.frombuffer(row["frames"][chosen], np.uint8)
            frame = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
            resized = cv2.resize(frame, (part.width, part.height), interpolation=cv2.INTER_AREA)
            square = resized[part.top : part.top + 33, part.left : part.left + 33]
            assert np.array_equal(found[time], square[:, ::-1] if part.flipped else square)


def test_the_splits_share_no_clip_and_no_video(staged_clips, rows):
    sides = [
        ClipLoader(staged_clips.store.objects, staged_clips.dataset, split, DRAW)
        for split in (TRAIN, HELD_OUT)
    ]
    for side, split in zip(sides, (TRAIN, HELD_OUT), strict=True):
        expected = sorted(name for name, row in rows.items() if row["split"] == split and row["digest"])
        assert list(side.sample_ids) == expected
        assert side.num_short == 0
    videos = [{rows[name]["video_id"] for name in side.sample_ids} for side in sides]
    assert not videos[0] & videos[1]


def test_only_the_frames_that_are_drawn_are_read(train, rows, monkeypatch):
    read, chosen = [], ChosenValuesReader.chosen

    def counted(reader, digest, column, index, numbers, count):
        found = chosen(reader, digest, column, index, numbers, count)
        read.append((column, len(numbers), sum(map(len, found))))
        return found

    monkeypatch.setattr(ChosenValuesReader, "chosen", counted)
    batches = train.batches(seed=0, batch_size=4)
    assert batches[0]["frames"].shape == (4, 3, 33, 33, 3)
    assert [(column, count) for column, count, _ in read] == [("frames", 3)] * 4
    for (_, _, size), number, place in zip(read, batches.numbers(0), batches.places(0), strict=True):
        frames = rows[train.sample_ids[number]]["frames"]
        assert size == sum(len(frames[time]) for time in train.part(number, place, 0).numbers)
        assert len(frames) > 3


@quick
@given(seed=st.integers(0, 2**63 - 1), batch_size=st.integers(1, 5))
def test_batches_are_a_function_of_seed_and_step(staged_clips, train, seed, batch_size):
    one = first_batches(train, 3, seed=seed, batch_size=batch_size)
    again = ClipLoader(staged_clips.store.objects, staged_clips.dataset, TRAIN, DRAW)
    other = first_batches(again, 3, seed=seed, batch_size=batch_size)
    assert all(map(np.array_equal, one, other))


@quick
@given(first_step=st.integers(0, 6), batch_size=st.integers(1, 4), num_threads=st.integers(0, 2))
def test_a_resumed_iteration_is_the_uninterrupted_one(train, first_step, batch_size, num_threads):
    whole = first_batches(train, 8, seed=3, batch_size=batch_size)
    tail = first_batches(
        train, 8 - first_step, seed=3, batch_size=batch_size, first_step=first_step, num_threads=num_threads
    )
    assert all(map(np.array_equal, whole[first_step:], tail))


@pytest.mark.parametrize("num_ranks", [2, 3, 6])
def test_the_parts_of_all_ranks_are_the_batch_of_one(train, num_ranks):
    whole = first_batches(train, 4, seed=1, batch_size=6)
    parts = [
        first_batches(train, 4, seed=1, batch_size=6, share=Share(rank=rank, num_ranks=num_ranks))
        for rank in range(num_ranks)
    ]
    assert all(map(np.array_equal, whole, map(np.concatenate, zip(*parts, strict=True))))


def test_the_batches_of_all_workers_in_turn_are_those_of_one(train):
    whole = first_batches(train, 6, seed=1, batch_size=2)
    workers = [
        iter(train.batches(1, 2, share=Share(worker=worker, num_workers=2), num_threads=0))
        for worker in range(2)
    ]
    turns = [next(workers[step % 2])["frames"] for step in range(6)]
    assert all(map(np.array_equal, whole, turns))


def test_every_epoch_draws_every_clip_once_and_another_part_of_it(train):
    batches = train.batches(seed=0, batch_size=1, num_threads=0)
    numbers = [batches.numbers(step)[0] for step in range(3 * len(train))]
    for epoch in range(3):
        drawn = numbers[epoch * len(train) : (epoch + 1) * len(train)]
        assert collections.Counter(drawn) == collections.Counter(range(len(train)))
    parts = {train.part(0, place, 0) for place, number in enumerate(numbers) if number == 0}
    assert len(parts) == 3


def test_batches_go_to_other_processes(train):
    batches = train.batches(seed=2, batch_size=2)
    assert np.array_equal(pickle.loads(pickle.dumps(batches))[5]["frames"], batches[5]["frames"])


def test_clips_that_are_too_short_are_left_out_and_counted(staged_clips, rows):
    lengths = sorted(row["num_frames"] for row in rows.values() if row["split"] == TRAIN and row["digest"])
    assert lengths[0] < lengths[-1]
    longer = ClipDraw.model_validate(DRAW.model_dump() | {"num_frames": lengths[0] + 1})
    loader = ClipLoader(staged_clips.store.objects, staged_clips.dataset, TRAIN, longer)
    assert loader.num_short == sum(length <= lengths[0] for length in lengths) > 0
    assert len(loader) == len(lengths) - loader.num_short
    assert first_batches(loader, 1, seed=0, batch_size=2)[0].shape[1] == lengths[0] + 1

    longest = ClipDraw.model_validate(DRAW.model_dump() | {"num_frames": 64})
    with pytest.raises(InputError, match=rf"clips of at least 64 frames .*found {len(lengths)} shorter ones"):
        ClipLoader(staged_clips.store.objects, staged_clips.dataset, TRAIN, longest)


def test_a_dataset_of_photographs_has_no_clips(staged):
    with pytest.raises(InputError, match=r"^expected a dataset of videos, got \w+…, which has no clips$"):
        ClipLoader(staged.store.objects, staged.dataset, TRAIN, DRAW)


def test_a_frame_that_is_no_picture_is_named(train, monkeypatch):
    monkeypatch.setattr(ChosenValuesReader, "chosen", lambda *_: [memoryview(b"no picture")] * 3)
    expected = rf"corrupt frame.*clip {train.sample_ids[1][:12]}…, shard \w+…, frame \d+"
    with pytest.raises(ObjectCorrupted, match=expected):
        train.arrays([1], [0], seed=0)


def test_a_frame_of_another_size_is_named(train, monkeypatch):
    monkeypatch.setattr(clip_loader, "decode_frame", lambda data: np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ObjectCorrupted, match=r"expected a frame of 72x48, got 8x8 \(clip"):
        train.arrays([1], [0], seed=0)
