import itertools

import pytest

from shls_core.errors import ObjectCorrupted
from storage.rows.chosen_values import ChosenValuesReader
from storage.rows.shard_encoding import ROW_GROUP_ROWS
from storage.rows.shards import put_shard
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import CLIPS

NUM_FRAMES = 7


def frames_of(number):
    return [bytes([number, time]) * (5 + number + 3 * time) for time in range(NUM_FRAMES)]


@pytest.fixture
def shard(store):
    empty = dict.fromkeys(SCHEMAS[CLIPS].arrow.names)
    rows = [
        empty
        | {"sample_id": f"{number:08d}", "row_key": "key", "parents": [], "source_ids": []}
        | {"frames": frames_of(number)}
        for number in range(ROW_GROUP_ROWS + 3)
    ]
    return put_shard(store.objects, schema_of(CLIPS).arrow, rows).digest


@pytest.fixture
def read(store, shard, monkeypatch):
    """Return a reader, and a list of the ranges that it reads from now on."""
    reader, ranges = ChosenValuesReader(store.objects), []
    for index in (0, ROW_GROUP_ROWS):  # once, a row group is read whole: where its values lie
        reader.chosen(shard, "frames", index, [0], NUM_FRAMES)
    opened, _ = reader._files[shard]
    read_range = opened.read_range

    def counted(start, length):
        ranges.append(length)
        return read_range(start, length)

    monkeypatch.setattr(opened, "read_range", counted)
    return reader, ranges


@pytest.mark.parametrize("numbers", [[0], [6], [0, 2, 4, 6], [1, 2, 3], [0, 1, 4, 6], list(range(7))])
@pytest.mark.parametrize("index", [0, 5, ROW_GROUP_ROWS - 1, ROW_GROUP_ROWS + 2])
def test_the_chosen_values_are_read_and_no_other_bytes(read, shard, index, numbers):
    reader, ranges = read
    expected = [frames_of(index)[number] for number in numbers]
    assert reader.chosen(shard, "frames", index, numbers, NUM_FRAMES) == expected
    assert sum(ranges) == sum(4 + len(value) for value in expected)
    assert len(ranges) == 1 + sum(b > a + 1 for a, b in itertools.pairwise(numbers))
    assert reader.values(shard, "frames", index) == frames_of(index)


def test_a_row_of_another_length_is_damage(read, shard):
    with pytest.raises(ObjectCorrupted, match=r"expected 8 frames in row 3 of shard \w+…, got 7"):
        read[0].chosen(shard, "frames", 3, [0], NUM_FRAMES + 1)


def test_a_layout_that_is_not_of_the_format_is_found(read, shard):
    reader, _ = read
    reader._places[shard, "frames", 0].ends[:] += 1
    with pytest.raises(ObjectCorrupted, match="not one page of plain values"):
        reader.chosen(shard, "frames", 2, [3], NUM_FRAMES)
