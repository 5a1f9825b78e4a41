import pytest

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.canonical import digest_bytes
from storage.objects.objects import object_path
from storage.rows.shard_encoding import ROW_GROUP_ROWS
from storage.rows.shards import RowReader, put_shard, read_columns, shard_ref
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import SALIENCY

COLUMNS = SCHEMAS[SALIENCY].arrow.names
NUM_ROWS = 2 * ROW_GROUP_ROWS + 3


def rows(count=NUM_ROWS, payload_bytes=60):
    return [
        {
            "sample_id": f"{number:08d}",
            "row_key": f"key {number}",
            "digest": f"digest {number}",
            "parents": [f"parent {number}", "another"],
            "source_ids": [f"image {number}"],
            "rejected": "too dark" if number == 1 else None,
            "image_id": f"image {number}",
            "top": number,
            "left": 1,
            "height": 3,
            "width": 4,
            "scene": "scene",
            "saliency_map": bytes(number + offset for offset in range(payload_bytes)),
            "mask": b"mask" * 10,
            "num_objects": 1,
            "mask_share": number / 7,
            "confidence": number / 9,
        }
        for number in range(count)
    ]


@pytest.fixture
def ref(store):
    return put_shard(store.objects, schema_of(SALIENCY).arrow, rows())


@pytest.fixture
def opened(store, monkeypatch):
    """The digests of the objects opened since, in order."""
    seen, open_object = [], store.objects.open

    def counting(digest):
        seen.append(digest)
        return open_object(digest)

    monkeypatch.setattr(store.objects, "open", counting)
    return seen


def flip(place, bits=255):
    return lambda data: data.__setitem__(place, data[place] ^ bits)


def read_everything(store, ref):
    reader = RowReader(store.objects)
    table = read_columns(store.objects, ref.digest, COLUMNS).to_pylist()
    assert [reader.row(ref.digest, index, COLUMNS) for index in range(len(table))] == table
    return table


def test_a_pointer_says_what_is_in_the_shard(store, ref):
    data = (store.root / object_path(ref.digest)).read_bytes()
    assert ref.digest == digest_bytes(data)
    assert (ref.rows, ref.rejected, ref.bytes) == (NUM_ROWS, 1, len(data))
    assert shard_ref(store.objects, ref.digest) == ref


def test_rows_come_back_as_they_were_put(store, ref):
    assert read_everything(store, ref) == rows()


def test_columns_are_read_by_name_and_alone(store, ref):
    table = read_columns(store.objects, ref.digest, ["top", "sample_id"])
    assert sorted(table.column_names) == ["sample_id", "top"]
    assert RowReader(store.objects).row(ref.digest, 20, ["top"]) == {"top": 20}


# Every sixth byte, in both halves of the file and in the footer that names the columns.
@pytest.mark.parametrize("bit", [0, 6])
def test_no_flipped_bit_is_read_in_silence(store, damage, bit):
    ref = put_shard(store.objects, schema_of(SALIENCY).arrow, rows(20))
    num_refused = 0
    for place in range(bit, ref.bytes, 6):
        damage(ref.digest, flip(place, 1 << bit))
        try:
            table = read_everything(store, ref)
        except ObjectCorrupted:
            num_refused += 1
        else:  # a few bits mean nothing: the name of the writer, counts that nobody reads
            assert table == rows(20), f"byte {place}"
        damage(ref.digest, flip(place, 1 << bit))
    assert num_refused > 0.7 * ref.bytes / 6
    assert read_everything(store, ref) == rows(20)


def test_a_flipped_payload_byte_is_always_refused(store, ref, damage):
    for row in (0, 15, 16, NUM_ROWS - 1):
        payload = rows()[row]["saliency_map"]
        whole = (store.root / object_path(ref.digest)).read_bytes()
        path = damage(ref.digest, flip(whole.index(payload) + 30))
        with pytest.raises(ObjectCorrupted, match=r"cannot be read: .*CRC.*remove that file"):
            read_columns(store.objects, ref.digest, ["saliency_map"])
        with pytest.raises(ObjectCorrupted, match=f"shard {ref.digest[:12]}"):
            RowReader(store.objects).row(ref.digest, row, ["saliency_map"])
        # Other columns can still be looked at.
        assert len(read_columns(store.objects, ref.digest, ["sample_id"])) == NUM_ROWS
        path.write_bytes(whole)


@pytest.mark.parametrize("kept_share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_shard_is_refused(store, ref, damage, kept_share):
    damage(ref.digest, lambda data: data.__delitem__(slice(int(kept_share * len(data)), None)))
    with pytest.raises(ObjectCorrupted, match=ref.digest):
        read_columns(store.objects, ref.digest, ["sample_id"])


def test_a_missing_shard_is_named(store):
    with pytest.raises(ObjectMissing, match="nothing at objects/00/0000"):
        read_columns(store.objects, "0" * 64, ["sample_id"])


def test_a_row_group_is_read_once_while_there_is_room(store, ref, opened, monkeypatch):
    reader = RowReader(store.objects)
    first = [reader.row(ref.digest, index, ["saliency_map"]) for index in range(NUM_ROWS)]
    assert opened == [ref.digest]
    monkeypatch.setattr(reader._files[ref.digest], "read_row_group", None)  # nothing is read any more
    assert [reader.row(ref.digest, index, ["saliency_map"]) for index in range(NUM_ROWS)] == first


def test_row_groups_in_memory_are_bounded(store):
    shards = [
        put_shard(store.objects, schema_of(SALIENCY).arrow, rows(count, payload_bytes=200))
        for count in (40, 41, 42)
    ]
    reader = RowReader(store.objects, cache_bytes=12_000)
    for index in (0, 39, 17, 3, 38, 20):
        for shard in shards:
            expected = {"saliency_map": bytes(index + offset for offset in range(200))}
            assert reader.row(shard.digest, index, ["saliency_map"]) == expected
            held = sum(table.nbytes for table in reader._groups.values())
            assert reader._held_bytes == held
            assert held <= 12_000
    assert len(reader._groups) > 1


def test_one_row_group_too_large_for_the_cache_is_still_read(store, ref):
    reader = RowReader(store.objects, cache_bytes=1)
    for index in (0, 1, 20, 0):
        assert reader.row(ref.digest, index, ["top"]) == {"top": index}
        assert len(reader._groups) == 1


def test_the_groups_used_last_stay(store):
    ref = put_shard(store.objects, schema_of(SALIENCY).arrow, rows(3 * ROW_GROUP_ROWS))
    group_bytes = read_columns(store.objects, ref.digest, ["saliency_map"]).nbytes / 3
    reader = RowReader(store.objects, cache_bytes=int(2.5 * group_bytes))
    for index in (0, ROW_GROUP_ROWS, 0, 2 * ROW_GROUP_ROWS):
        reader.row(ref.digest, index, ["saliency_map"])
    assert [group for _, group, _ in reader._groups] == [0, 2]


def test_open_files_are_bounded(store, opened):
    shards = [
        put_shard(store.objects, schema_of(SALIENCY).arrow, [row | {"top": number} for row in rows(1)])
        for number in range(300)
    ]
    reader = RowReader(store.objects)
    for number, shard in enumerate(shards):
        assert reader.row(shard.digest, 0, ["top"]) == {"top": number}
    assert len(reader._files) <= 256
