"""Processes that start together, and damage done to a store."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.objects.objects import object_path
from storage.store import Store

InProcesses = Callable[..., list[str]]


@pytest.fixture
def in_processes() -> InProcesses:
    """Return a function that runs a script in several processes, which all begin once all are ready.

    The script finds its arguments in ``sys.argv[1:]``, its process's number last; it says that it is ready by
    calling ``input()``. What the processes print comes back.
    """

    def run(script: str, count: int, *arguments: str) -> list[str]:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", script, *arguments, str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]
        for process in processes:  # input() prints its prompt, when it is reached
            assert process.stdout is not None
            assert process.stdout.read(1) == ">"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=60) for process in processes]
        assert [process.returncode for process in processes] == [0] * count, [error for _, error in told]
        return [output for output, _ in told]

    return run


@pytest.fixture(params=["folder", "bucket"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store: once in a folder, once in a bucket."""
    in_bucket = request.param == "bucket"
    return Store.create(
        f"{request.getfixturevalue('bucket')}/a/store" if in_bucket else str(tmp_path / "store")
    )


@pytest.fixture
def damage(store: Store) -> Callable[[str, Callable[[bytearray], object]], Path]:
    """Return a function that changes an object of `store`, given one that changes bytes."""

    def change(digest: str, how: Callable[[bytearray], object]) -> Path:
        path = store.root / object_path(digest)
        data = bytearray(path.read_bytes())
        how(data)
        path.unlink()
        path.write_bytes(data)
        return path

    return change
