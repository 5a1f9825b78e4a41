import ctypes
import os
import shutil

import pytest

from shls_core.errors import StoreUnwritable
from storage.files import free_space
from storage.files.free_space import free_bytes, megabytes, refuse_without_space


def test_the_disk_of_a_store_that_is_not_there_yet_is_that_of_the_folder_above(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    assert free_bytes(tmp_path / "not" / "there") == pytest.approx(free, rel=0.1)
    assert free_bytes(tmp_path) > 0


def test_a_bucket_has_no_end():
    assert free_bytes("s3://bucket/prefix") is None
    refuse_without_space("s3://bucket/prefix", 1e18)


def test_a_tenth_more_than_the_estimate_has_to_be_free(monkeypatch, tmp_path):
    monkeypatch.setattr(free_space, "free_bytes", lambda location: 1_100_000)
    refuse_without_space(tmp_path, 1_000_000)
    with pytest.raises(
        StoreUnwritable,
        match=r"expected 1\.1 MB free for 1\.0 MB to write and a tenth more, got 1\.1 MB on the disk of",
    ):
        refuse_without_space(tmp_path, 1_000_001)


@pytest.mark.parametrize(("size", "told"), [(0, "0.0 MB"), (999e6, "999.0 MB"), (2.5e9, "2.5 GB")])
def test_sizes_are_told_for_people(size, told):
    assert megabytes(size) == told


@pytest.mark.slow
def test_a_small_disk_is_seen_as_one(tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(tmp_path), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip(f"mounting is not permitted: {os.strerror(ctypes.get_errno())}")
    try:
        store = tmp_path / "store"
        assert free_bytes(store) == 1 << 20
        refuse_without_space(store, 900_000)
        with pytest.raises(StoreUnwritable, match=r"got 1\.0 MB on the disk"):
            refuse_without_space(store, 1_000_000)
    finally:
        assert libc.umount(os.fsencode(tmp_path)) == 0
