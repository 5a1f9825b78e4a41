import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow.parquet as pq
import pytest

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.objects.objects import object_path
from storage.rows.packed_values import PayloadReader
from storage.rows.shard_encoding import ROW_GROUP_ROWS
from storage.rows.shards import put_shard
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.rows.stage_names import SUPERPIXELS

NUM_ROWS = 2 * ROW_GROUP_ROWS + 3
REJECTED = 1


def values_of(number, scale=1):
    rng = np.random.default_rng(number)
    return [rng.bytes(int(size) * scale) for size in rng.integers(0, 90, 3)]


def rows(scale=1):
    empty = dict.fromkeys(SCHEMAS[SUPERPIXELS].arrow.names)
    return [
        empty
        | {"sample_id": f"{number:08d}", "row_key": "key", "parents": [], "source_ids": []}
        | ({"rejected": "no"} if number == REJECTED else {"superpixel_maps": values_of(number, scale)})
        for number in range(NUM_ROWS)
    ]


@pytest.fixture
def shard(store):
    return put_shard(store.objects, schema_of(SUPERPIXELS).arrow, rows()).digest


@pytest.mark.parametrize("scale", [1, 2000])  # of which a row group has several megabytes
def test_every_row_is_read_as_it_was_put(store, scale):
    digest = put_shard(store.objects, schema_of(SUPERPIXELS).arrow, rows(scale)).digest
    reader = PayloadReader(store.objects)
    for index in np.random.default_rng(0).permutation(2 * NUM_ROWS) % NUM_ROWS:
        expected = [] if index == REJECTED else values_of(index, scale)
        assert reader.values(digest, "superpixel_maps", int(index)) == expected


def test_a_row_group_is_read_whole_once_and_then_only_what_is_asked_for(store, shard, monkeypatch):
    reader = PayloadReader(store.objects)
    reader.values(shard, "superpixel_maps", 5)
    opened, _ = reader._files[shard]
    read, read_range = [], opened.read_range

    def counted(start, length):
        read.append(length)
        return read_range(start, length)

    monkeypatch.setattr(opened, "read_range", counted)
    for index in (0, 5, 9):
        assert reader.values(shard, "superpixel_maps", index) == values_of(index)
    assert read == [sum(len(value) + 4 for value in values_of(index)) for index in (0, 5, 9)]


def test_threads_share_a_reader(store, shard):
    reader = PayloadReader(store.objects)
    indices = [index for index in range(NUM_ROWS) if index != REJECTED] * 5
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda index: reader.values(shard, "superpixel_maps", index), indices)
        assert list(found) == [values_of(index) for index in indices]


def test_a_copy_opens_its_files_anew(store, shard):
    reader = PayloadReader(store.objects)
    first = reader.values(shard, "superpixel_maps", 3)
    copy = pickle.loads(pickle.dumps(reader))
    assert not copy._files
    assert copy.values(shard, "superpixel_maps", 3) == first


def test_a_forked_process_reads_though_the_lock_was_held(store, shard):
    reader = PayloadReader(store.objects)
    reader.values(shard, "superpixel_maps", 0)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def read():
        sender.send([bytes(value) for value in reader.values(shard, "superpixel_maps", 20)])

    with reader._lock:
        child = context.Process(target=read)
        child.start()
    try:
        assert receiver.poll(20)
        assert receiver.recv() == values_of(20)
    finally:
        child.kill()
        child.join()


def test_open_shards_are_bounded(store):
    reader = PayloadReader(store.objects)
    for number in range(140):
        digest = put_shard(
            store.objects, schema_of(SUPERPIXELS).arrow, [rows()[0] | {"row_key": str(number)}]
        ).digest
        assert reader.values(digest, "superpixel_maps", 0) == values_of(0)
    assert len(reader._files) <= 128


def test_a_flipped_byte_is_refused(store, shard, damage):
    data = (store.root / object_path(shard)).read_bytes()
    value = max(values_of(20), key=len)
    damage(shard, lambda data: data.__setitem__(data.index(value) + 3, data[data.index(value) + 3] ^ 1))
    with pytest.raises(ObjectCorrupted, match=f"shard {shard[:12]}.*CRC"):
        PayloadReader(store.objects).values(shard, "superpixel_maps", 20)
    assert value in data


def test_a_file_cut_short_after_it_was_checked_is_refused(store, shard):
    reader = PayloadReader(store.objects)
    reader.values(shard, "superpixel_maps", 20)
    with (store.root / object_path(shard)).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ObjectCorrupted, match=f"shard {shard[:12]}.*expected .* bytes"):
        reader.values(shard, "superpixel_maps", 20)


def test_several_pages_are_refused_and_never_misread(store, tmp_path):
    """As another writer, or an earlier version, would have written them."""
    table = pq.read_table(
        store.root / object_path(put_shard(store.objects, schema_of(SUPERPIXELS).arrow, rows(2000)).digest)
    )
    path = tmp_path / "several.parquet"
    pq.write_table(
        table,
        path,
        row_group_size=ROW_GROUP_ROWS,
        data_page_size=1000,
        use_dictionary=False,
        compression="NONE",
        write_page_checksum=True,
    )
    digest = store.objects.put(path.read_bytes())
    with pytest.raises(ObjectCorrupted, match="not one page of plain values"):
        PayloadReader(store.objects).values(digest, "superpixel_maps", 0)


def test_a_missing_shard_is_named(store):
    with pytest.raises(ObjectMissing, match="nothing at objects/00/0000"):
        PayloadReader(store.objects).values("0" * 64, "superpixel_maps", 0)
