import collections
import itertools

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.photographs.split import HELD_OUT, TRAIN
from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, get_record, put_record
from storage.rows import batches as storage_batches
from storage.rows.loader import ALL_COLUMNS, SequenceLoader
from storage.rows.packed_values import PayloadReader
from storage.rows.stage_artifact import StageArtifact

quick = settings(max_examples=12)


@pytest.fixture(scope="module")
def train(staged):
    return SequenceLoader(staged.store.objects, staged.dataset, TRAIN)


def first_batches(sequences, count, **arguments):
    return list(itertools.islice(sequences.batches(**arguments), count))


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in ("frames", "masks", "superpixel_maps"))


def rows_of(staged, stage):
    """The rows of a stage as pyarrow reads them, by sample id."""
    artifact = StageArtifact(staged.store.objects, staged.outcomes[stage].artifact)
    tables = [
        pq.read_table(staged.store.root / object_path(shard.digest)) for shard in artifact.manifest.shards
    ]
    return {row["sample_id"]: row for row in pa.concat_tables(tables).to_pylist()}


def unpacked(data, label, *size):
    raw = pa.Codec("zstd").decompress(data, decompressed_size=int(np.prod(size)) * np.dtype(label).itemsize)
    return np.frombuffer(raw, label).reshape(size)


@pytest.mark.parametrize(("split", "num_frames"), [(TRAIN, 3), (HELD_OUT, 4)])
def test_what_is_read_is_what_was_staged(staged, split, num_frames):
    sequences, superpixels = rows_of(staged, "sequences"), rows_of(staged, "superpixels")
    expected = sorted(name for name, row in sequences.items() if row["split"] == split and row["digest"])
    found = list(SequenceLoader(staged.store.objects, staged.dataset, split))
    assert [sequence.sample_id for sequence in found] == expected
    for sequence in found:
        row, maps = sequences[sequence.sample_id], superpixels[sequence.sample_id]["superpixel_maps"]
        assert sequence.frames.shape == (num_frames, 64, 64, 3)
        for t in range(num_frames):
            frame = cv2.imdecode(np.frombuffer(row["frames"][t], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
            assert np.array_equal(sequence.frames[t], frame)
            assert np.array_equal(sequence.masks[t], unpacked(row["masks"][t], "<u1", 64, 64))
            assert np.array_equal(sequence.stored["superpixel_maps"][t], unpacked(maps[t], "<u2", 64, 64))
            found_labels = np.unique(sequence.stored["superpixel_maps"][t])
            assert set(found_labels) == set(range(found_labels.max() + 1))


def test_the_splits_share_no_sequence_and_no_photograph(staged):
    sides = [SequenceLoader(staged.store.objects, staged.dataset, split) for split in (TRAIN, HELD_OUT)]
    ids = [{sequence.sample_id for sequence in side} for side in sides]
    rows = rows_of(staged, "sequences")
    assert ids[0] | ids[1] == {name for name, row in rows.items() if row["digest"]}
    photographs = [{image for name in side for image in rows[name]["source_ids"]} for side in ids]
    assert not ids[0] & ids[1]
    assert not photographs[0] & photographs[1]


@quick
@given(seed=st.integers(0, 2**63 - 1), batch_size=st.integers(1, 7))
def test_the_order_is_a_function_of_seed_and_step(staged, train, seed, batch_size):
    one = first_batches(train, 3, seed=seed, batch_size=batch_size)
    storage_batches.order.cache_clear()
    again = SequenceLoader(staged.store.objects, staged.dataset, TRAIN)
    other = first_batches(again, 3, seed=seed, batch_size=batch_size)
    assert all(map(same, one, other))


@quick
@given(first_step=st.integers(0, 6), batch_size=st.integers(1, 4))
def test_starting_at_a_step_is_what_comes_there(train, first_step, batch_size):
    whole = first_batches(train, 8, seed=3, batch_size=batch_size)
    tail = first_batches(train, 8 - first_step, seed=3, batch_size=batch_size, first_step=first_step)
    assert all(map(same, whole[first_step:], tail))


@quick
@given(seed=st.integers(0, 1000), batch_size=st.integers(1, 7))
def test_every_epoch_holds_every_sequence_once(train, seed, batch_size):
    num_epochs = batch_size  # so that whole batches fill whole epochs
    known = {sequence.frames.tobytes(): sequence.sample_id for sequence in train}
    assert len(known) == len(train) >= 4
    batches = first_batches(train, len(train), seed=seed, batch_size=batch_size)
    walk = [known[frames.tobytes()] for batch in batches for frames in batch["frames"]]
    epochs = [walk[epoch * len(train) : (epoch + 1) * len(train)] for epoch in range(num_epochs)]
    for epoch in epochs:
        assert collections.Counter(epoch) == collections.Counter(known.values())
    assert num_epochs < 3 or len(set(map(tuple, epochs))) > 1


@pytest.mark.parametrize("columns", [["masks"], ["superpixel_maps", "frames"]])
def test_columns_left_out_are_not_read(staged, train, columns, monkeypatch):
    read, values = [], PayloadReader.values

    def counted(reader, digest, column, index):
        read.append(column)
        return values(reader, digest, column, index)

    monkeypatch.setattr(PayloadReader, "values", counted)
    some = SequenceLoader(staged.store.objects, staged.dataset, TRAIN, columns)
    arrays = some.arrays([2, 0])
    assert list(arrays) == columns
    assert set(read) == set(columns)
    whole = train.arrays([2, 0])
    assert all(np.array_equal(arrays[column], whole[column]) for column in columns)
    with pytest.raises(InputError, match="a loader of frames and masks, got one without"):
        some.read(0)


def test_a_sequence_has_what_is_read_beside_frames_and_masks(staged, train):
    thin = SequenceLoader(staged.store.objects, staged.dataset, TRAIN, ("frames", "masks"))
    assert thin.sample_ids == train.sample_ids
    assert thin.read(1).stored == {}
    assert np.array_equal(thin.read(1).masks, train.read(1).masks)
    assert set(train.read(1).stored) == {"superpixel_maps"}


@pytest.mark.parametrize("columns", [[], ["depth"], ["frames", "recipe"]])
def test_columns_that_are_none_are_told(staged, columns):
    with pytest.raises(InputError, match="expected columns among frames, masks, superpixel_maps, warps, got"):
        SequenceLoader(staged.store.objects, staged.dataset, TRAIN, columns)


def test_sequences_of_several_lengths_make_no_batch(staged):
    train = SequenceLoader(staged.store.objects, staged.dataset, TRAIN)
    train._sizes[1] = (4, 64, 64)
    with pytest.raises(InputError, match="of one length and size"):
        train.arrays([0, 1])
    with pytest.raises(ObjectCorrupted, match=r"expected 4 frames, got 3 \(sample"):
        train.arrays([1])


def test_a_batch_keeps_frames_masks_and_superpixels_together(train):
    (batch,) = first_batches(train, 1, seed=0, batch_size=3)
    assert (batch["frames"].shape, batch["masks"].shape) == ((3, 3, 64, 64, 3), (3, 3, 64, 64))
    for b in range(3):
        twin = next(sequence for sequence in train if np.array_equal(sequence.frames, batch["frames"][b]))
        assert np.array_equal(twin.masks, batch["masks"][b])
        assert np.array_equal(twin.stored["superpixel_maps"], batch["superpixel_maps"][b])


def test_a_split_without_sequences_is_told(staged_copy, staged, photographs, stage_dataset, tmp_path):
    folder = tmp_path / "one scene"
    folder.mkdir()
    (folder / "astronaut.png").write_bytes((photographs / "astronaut.png").read_bytes())
    alone = stage_dataset(staged_copy, folder)
    empty = {TRAIN, HELD_OUT} - {row["split"] for row in rows_of(alone, "sequences").values()}
    assert len(empty) == 1
    with pytest.raises(InputError, match=f"expected {min(empty)} sequences in dataset .*, found none"):
        SequenceLoader(staged_copy.objects, alone.dataset, min(empty))


def test_a_sequence_without_superpixels_is_left_out(
    staged_copy, staged, photographs, stage_dataset, tmp_path
):
    folder = tmp_path / "fewer"
    folder.mkdir()
    for name in ("chelsea.png", "chelsea.jpg"):
        (folder / name).write_bytes((photographs / name).read_bytes())
    fewer = stage_dataset(staged_copy, folder)
    whole = get_record(staged_copy.objects, staged.dataset, DatasetManifest)
    mixed = DatasetManifest(stages=whole.stages | {"superpixels": fewer.outcomes["superpixels"].artifact})
    dataset = put_record(staged_copy.objects, mixed)
    found = [
        sequence.sample_id
        for split in (TRAIN, HELD_OUT)
        for sequence in SequenceLoader(staged_copy.objects, dataset, split)
    ]
    assert sorted(found) == sorted(rows_of(fewer, "superpixels"))


def test_a_changed_byte_in_a_shard_stops_the_reading(staged_copy, staged):
    row = next(row for row in rows_of(staged, "sequences").values() if row["split"] == TRAIN)
    frame = row["frames"][1]
    shards = StageArtifact(staged_copy.objects, staged.outcomes["sequences"].artifact).manifest.shards
    paths = [staged_copy.root / object_path(shard.digest) for shard in shards]
    (path,) = (path for path in paths if frame in path.read_bytes())
    data = bytearray(path.read_bytes())
    data[data.index(frame) + len(frame) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)
    train = SequenceLoader(staged_copy.objects, staged.dataset, TRAIN)
    with pytest.raises(ObjectCorrupted, match=path.name):
        list(train)
    with pytest.raises(ObjectCorrupted, match=path.name):
        first_batches(train, len(train), seed=0, batch_size=1)


def test_warps_are_read_where_they_are_asked_for(staged):
    whole = SequenceLoader(staged.store.objects, staged.dataset, TRAIN, ALL_COLUMNS)
    numbers = range(len(whole))
    arrays = whole.arrays(numbers)
    warps, masks = arrays["warps"], arrays["masks"]
    assert warps.dtype == np.float64
    assert warps.shape == (*masks.shape[:2], 1 + max(int(masks.max()), 1), 3, 3)
    for number in numbers:
        known = ~np.isnan(warps[number]).any(axis=(2, 3))
        # As many as the sequence has labels, the same in all frames, the last ones missing.
        assert (known == known[0]).all()
        assert known[0].sum() == 1 + masks[number, 0].max()
        assert np.array_equal(known[0], np.arange(len(known[0])) <= masks[number, 0].max())
    assert "warps" not in SequenceLoader(staged.store.objects, staged.dataset, TRAIN).arrays([0])
