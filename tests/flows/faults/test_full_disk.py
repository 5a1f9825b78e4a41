"""A store whose disk is full or read-only: one line, a store that can be read, a run that goes on later."""

import errno
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from storage.files import writing
from storage.store import Store
from storage.tables import append_only

pytestmark = pytest.mark.slow

MOUNTED_BYTES = 16 << 20


class Disk:
    """A small file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path, self._ballast = path, path / "ballast"

    def fill(self) -> None:
        """Take the last byte of it."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        assert shutil.disk_usage(self.path).free == 0

    def free(self) -> None:
        """Give back what was taken."""
        self._ballast.unlink()

    def mount(self, options: str) -> None:
        """Mount it anew with other options."""
        subprocess.run(["mount", "-o", f"remount,{options}", self.path], check=True)


@pytest.fixture
def disk(tmp_path):
    """A disk of 16 MiB, in memory."""
    path = tmp_path / "disk"
    path.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MOUNTED_BYTES}", "tmpfs", path],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("mounting a file system is not permitted here")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", path], check=True)


def fill_before(disk, monkeypatch, is_reached):
    """Fill the disk before the first write of a kind."""
    put, append, full = writing.obstore.put, append_only.write_deltalake, []

    def fill_once(what):
        if not full and is_reached(what):
            full.append(what)
            disk.fill()

    def put_or_fill(backend, path, *arguments, **options):
        fill_once(path)
        return put(backend, path, *arguments, **options)

    def append_or_fill(table, *arguments, **options):
        fill_once(table.table_uri.rstrip("/").rpartition("/")[2])
        return append(table, *arguments, **options)

    monkeypatch.setattr(writing.obstore, "put", put_or_fill)
    monkeypatch.setattr(append_only, "write_deltalake", append_or_fill)
    return full


def nth(count, begins):
    """Return a function that is true of the n-th write whose path begins so."""
    left = count

    def is_reached(path):
        nonlocal left
        left -= path.startswith(begins)
        return left == 0

    return is_reached


@pytest.mark.parametrize(
    ("is_reached", "told"),
    [
        (lambda: nth(9, "objects/"), "error: expected to write objects/"),
        (lambda: nth(4, "keys/saliency-shards/"), "error: expected to write keys/saliency-shards/"),
        # The key of the whole stage: its manifest is there.
        (lambda: nth(1, "keys/sequences/"), "error: expected to write keys/sequences/"),
        (lambda: nth(1, "keys/verdicts/"), "error: expected to write keys/verdicts/"),
        (lambda: nth(1, "names"), "error: expected to append to the table names: "),
        (lambda: nth(1, "runs"), "error: expected to append to the table runs: "),
    ],
    ids=["shard", "key of a shard", "key of a stage", "verdict", "names", "ledger"],
)
def test_a_disk_that_fills_up_stops_the_run_and_no_more(
    shls, disk, monkeypatch, disturbed_config, undisturbed, check_whole, is_reached, told
):
    store = disk.path / "store"
    arguments = ("dataset", "build", "--config", disturbed_config, "--store", store, "--backend", "serial")
    with monkeypatch.context() as patch:
        full = fill_before(disk, patch, is_reached())
        stopped = shls(*arguments)
    assert full
    assert stopped.exit_code == 1
    *_, last = stopped.stderr.splitlines()
    assert last.startswith(told)
    assert os.strerror(errno.ENOSPC) in last
    check_whole(store)

    disk.free()
    there = {str(path.relative_to(store)) for path in store.glob("keys/*-shards/*")}
    went_on = shls(*arguments, "--json")
    assert went_on.exit_code == 0
    assert f'"dataset": "{undisturbed.dataset}"' in went_on.stdout
    rows = sum(rows for key, rows in undisturbed.shards.items() if key not in there)
    lines = [line for line in went_on.stdout.splitlines() if '"rows_computed"' in line]
    assert sum(int(line.split(":")[1].strip(" ,")) for line in lines) == rows
    check_whole(store)


@pytest.mark.long
def test_a_disk_too_small_for_the_dataset_stops_workers_too(
    build, disk, disturbed_config, undisturbed, prefect_server, check_whole
):
    store = disk.path / "store"
    size = sum(path.stat().st_blocks * 512 for path in undisturbed.store.rglob("*"))
    disk.mount(f"size={size // 2}")
    run = build(disturbed_config, store, {"PREFECT_API_URL": prefect_server})
    assert run.exit_code() == 1
    *_, last = run.told()
    assert last.startswith("error: expected to write ")
    check_whole(store)
    disk.mount(f"size={MOUNTED_BYTES}")
    run = build(disturbed_config, store, {"PREFECT_API_URL": prefect_server})
    assert run.exit_code() == 0, run.told()
    assert run.outcome()["dataset"] == undisturbed.dataset


def test_a_read_only_store_is_refused_and_left_as_it_was(
    shls, disk, disturbed_config, undisturbed, entries, check_whole
):
    store = disk.path / "store"
    shutil.copytree(undisturbed.store, store)
    before = {path: path.stat().st_mtime_ns for path in entries(store)}
    disk.mount("ro")
    refused = shls("dataset", "build", "--config", disturbed_config, "--store", store, "--backend", "serial")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [refused.stderr.rstrip("\n")]
    assert refused.stderr.startswith(f"error: expected a folder that can be written at {store}")
    assert {path: path.stat().st_mtime_ns for path in entries(store)} == before
    check_whole(store)
    assert shls("dataset", "list", "--store", store).exit_code == 0  # it can still be read
    disk.mount("rw")
    again = shls("dataset", "build", "--config", disturbed_config, "--store", store, "--backend", "serial")
    assert again.exit_code == 0
    assert Store.open(store).names.resolve("disturbed") == undisturbed.dataset
