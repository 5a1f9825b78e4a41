import gc
import io
import os
import shutil

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import ObjectMissing
from storage.files import range_reader
from storage.files.object_reader import FileReader
from storage.files.range_reader import RangeReader
from storage.objects.objects import object_path
from storage.store import Store

DATA = bytes(range(40))
TAIL_BYTES, BLOCK_BYTES = 64 << 10, 256 << 10
STEPS = st.lists(
    st.tuples(st.just("read"), st.integers(-1, 50), st.just(0))
    | st.tuples(st.just("seek"), st.integers(0, 60), st.just(os.SEEK_SET))
    | st.tuples(st.just("seek"), st.integers(0, 20), st.just(os.SEEK_CUR))
    | st.tuples(st.just("seek"), st.integers(-40, 10), st.just(os.SEEK_END)),
    max_size=12,
)


@pytest.fixture(scope="module", params=["in a folder", "by ranges"])
def open_reader(request, tmp_path_factory):
    store = Store.create(tmp_path_factory.mktemp("ranges"))
    digest = store.objects.put(DATA)
    if request.param == "in a folder":
        return lambda: store.objects.open(digest)
    # So that forty bytes have an end, blocks, and more.
    return lambda: RangeReader(store.backend, object_path(digest), tail_bytes=7, block_bytes=9)


@pytest.fixture
def num_requests(monkeypatch):
    """A list with one entry per request that readers made since."""
    made = []

    def counted(request):
        return lambda *arguments, **options: made.append(arguments) or request(*arguments, **options)

    for name in ("get", "get_range", "head"):
        monkeypatch.setattr(range_reader.obstore, name, counted(getattr(range_reader.obstore, name)))
    return made


@settings(max_examples=60)
@given(steps=STEPS)
def test_reads_and_seeks_like_a_file_in_memory(open_reader, steps):
    reader, expected = open_reader(), io.BytesIO(DATA)
    for action, number, whence in steps:
        if action == "read":
            assert reader.read(number) == expected.read(number)
        else:
            assert reader.seek(number, whence) == expected.seek(number, whence)
        assert reader.tell() == expected.tell()


def test_is_a_seekable_file_that_cannot_be_written(open_reader):
    reader = open_reader()
    assert (reader.readable(), reader.seekable(), reader.writable()) == (True, True, False)
    assert io.BufferedReader(reader, 7).read() == DATA


@pytest.mark.parametrize(("offset", "whence"), [(-1, os.SEEK_SET), (-41, os.SEEK_END), (-1, os.SEEK_CUR)])
def test_a_place_before_the_beginning_is_refused(open_reader, offset, whence):
    reader = open_reader()
    with pytest.raises(ValueError, match="expected a position in the file"):
        reader.seek(offset, whence)
    assert reader.tell() == 0


def test_an_empty_object_has_nothing_to_read(any_store):
    assert any_store.objects.open(any_store.objects.put(b"")).read() == b""


def test_few_requests_bring_what_lies_together(store, num_requests):
    data = os.urandom(4 * BLOCK_BYTES)
    reader = RangeReader(store.backend, object_path(store.objects.put(data)))
    assert reader.seek(0, os.SEEK_END) == len(data)

    def read(start, count):
        reader.seek(start)
        assert reader.read(count) == data[start : start + count]
        return len(num_requests)

    assert len(num_requests) == 1
    assert read(len(data) - 8, 8) == 1
    assert read(len(data) - TAIL_BYTES, TAIL_BYTES) == 1
    assert read(100, 10) == 2
    assert read(110, 1000) == 2
    assert read(100 + BLOCK_BYTES - 5, 5) == 2
    assert read(BLOCK_BYTES + 100, 2 * BLOCK_BYTES) == 3  # alone, and not held
    assert read(200, 10) == 3
    assert read(BLOCK_BYTES + 100, 10) == 4


def test_an_object_removed_meanwhile_is_missing(store):
    reader = RangeReader(store.backend, object_path(store.objects.put(os.urandom(2 * TAIL_BYTES))))
    shutil.rmtree(store.root / "objects")
    with pytest.raises(ObjectMissing, match="expected to read objects/"):
        reader.read(1)


def test_a_range_is_read_wherever_the_file_stands(open_reader):
    reader = open_reader()
    reader.seek(30)
    assert reader.read_range(3, 4) == DATA[3:7]
    assert reader.tell() == 30


def test_arrow_reads_the_object_though_the_reader_is_gone(open_reader):
    file = open_reader().arrow_file()
    gc.collect()
    assert (file.size(), file.read()) == (len(DATA), DATA)
    assert file.read_at(4, 30) == DATA[30:34]


def test_in_a_folder_arrow_reads_without_python(store):
    file = store.objects.open(store.objects.put(DATA)).arrow_file()
    assert isinstance(file, pa.OSFile)
    assert not isinstance(file, pa.PythonFile)


def test_a_file_removed_before_arrow_reads_it_is_missing(store):
    digest = store.objects.put(DATA)
    reader = store.objects.open(digest)
    (store.root / object_path(digest)).unlink()
    with pytest.raises(ObjectMissing, match=f"expected to read {digest[:12]}"):
        reader.arrow_file()


def test_a_file_in_a_folder_is_given_back(store):
    reader = store.objects.open(store.objects.put(DATA))
    assert isinstance(reader, FileReader)
    descriptor = reader._descriptor
    reader.close()
    reader.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_range_beyond_the_end_is_refused(store):
    with pytest.raises(OSError, match="expected 10 bytes at 35, got 5"):
        store.objects.open(store.objects.put(DATA)).read_range(35, 10)
