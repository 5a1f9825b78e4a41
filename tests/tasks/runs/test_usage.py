"""What a block used, measured beside what it is known to do."""

import mmap
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.runs import usage as module
from tasks.runs.usage import PROCESS, Usage, add_elsewhere, measured

MB = 1 << 20
counts = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system does not count it")


def use_memory(count):
    with mmap.mmap(-1, count) as memory:
        for place in range(0, count, mmap.PAGESIZE):
            memory[place] = 1


def test_cpu_time_is_that_of_work_and_not_of_waiting():
    with measured() as waited:
        time.sleep(0.3)
    with measured() as worked:
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
    assert waited.usage().cpu_seconds < 0.2
    assert 0.3 <= worked.usage().cpu_seconds < 0.6


@counts
def test_bytes_of_files_are_counted_both_ways(tmp_path):
    with measured() as block:
        (tmp_path / "file").write_bytes(bytes(3 * MB))
        (tmp_path / "file").read_bytes()
        (tmp_path / "file").read_bytes()
    used = block.usage()
    assert 3 * MB <= used.written_bytes < 3.1 * MB
    assert 6 * MB <= used.read_bytes < 6.2 * MB


@counts
def test_the_peak_is_of_the_block_and_of_what_is_inside_it():
    use_memory(200 * MB)  # before: no part of it
    with measured() as outer:
        use_memory(90 * MB)
        with measured() as inner:
            use_memory(30 * MB)
        with measured() as other:
            pass
    low = other.usage().peak_bytes
    assert inner.usage().peak_bytes == pytest.approx(low + 30 * MB, abs=15 * MB)
    assert outer.usage().peak_bytes == pytest.approx(low + 90 * MB, abs=15 * MB)


def test_what_others_used_is_added_and_what_this_process_used_is_not_added_twice():
    theirs = Usage(cpu_seconds=100, peak_bytes=1 << 50, read_bytes=1 << 40, written_bytes=1 << 41)
    with measured() as outer:
        with measured() as inner:
            add_elsewhere(theirs, PROCESS)
            add_elsewhere(theirs, "another")
        add_elsewhere(theirs, "another")
    assert 100 <= inner.usage().cpu_seconds < 101
    assert 200 <= outer.usage().cpu_seconds < 201
    assert outer.usage().peak_bytes == 1 << 50
    assert outer.usage().written_bytes in range(1 << 42, (1 << 42) + MB)


def test_where_the_system_does_not_count_nothing_is_made_up(monkeypatch, tmp_path):
    for name in ("_IO", "_STATUS", "_RESET_PEAK"):
        monkeypatch.setattr(module, name, tmp_path / "folder" / name)
    monkeypatch.setattr(module, "_peak_is_of_work", True)
    with measured() as block:
        pass
    used = block.usage()
    assert (used.peak_bytes, used.read_bytes, used.written_bytes) == (None, None, None)
    known = Usage(cpu_seconds=1, peak_bytes=5, read_bytes=5, written_bytes=5)
    assert (used + known).read_bytes is None
    assert (used + known).peak_bytes == 5


def test_processes_are_told_apart():
    command = [sys.executable, "-c", "from tasks.runs.usage import PROCESS; print(PROCESS)"]
    others = {
        subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout.strip()
        for _ in range(2)
    }
    assert len(others | {PROCESS}) == 3
