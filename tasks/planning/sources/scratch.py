"""A folder of this process for objects of a bucket that it is at work on.

It is removed when the process ends. A process that is killed leaves its folder; the next one removes it.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from shls_core.errors import InputError

_PREFIX, _NEW = "shls-sources-", "shls-new-sources-"
_LOCK = "in-use"
_SPARE_BYTES = 64 << 20

_held: dict[int, tuple[Path, IO[str]]] = {}
"""By process: a forked one has a folder of its own."""


def scratch_folder() -> Path:
    """Return the folder of this process; it is made at the first call."""
    if os.getpid() not in _held:
        _remove_left_behind()
        made = Path(tempfile.mkdtemp(prefix=_NEW))
        lock = (made / _LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Others look at it only when it is locked.
        folder = made.rename(made.with_name(made.name.replace(_NEW, _PREFIX)))
        _held[os.getpid()] = (folder, lock)
        atexit.register(_remove, os.getpid())
    return _held[os.getpid()][0]


def refuse_without_room(folder: Path, size: int, address: str) -> None:
    """Raise InputError if an object does not fit into a folder."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise InputError(
            f"expected {_megabytes(size + _SPARE_BYTES)} free in {folder.parent} for {address}, got "
            f"{_megabytes(free)}; TMPDIR=FOLDER names another place"
        )


def _remove(process: int) -> None:
    if process == os.getpid() and process in _held:
        folder, lock = _held.pop(process)
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _remove_left_behind() -> None:
    """Remove the folders of processes that were killed: nobody holds their lock."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open() as lock:  # of another user, or just removed
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
