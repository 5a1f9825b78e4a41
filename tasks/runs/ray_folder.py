"""A folder for the sockets and logs of a Ray of our own: short, private, removed when its Ray has ended.

The path of a socket has at most 107 characters, and Ray adds nearly 70 to that of its folder: a TMPDIR of
some length would stop it. A process that is killed leaves its folder; the next one removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from shls_core.errors import InputError

_PREFIX = "shls-ray-"
_LOCK = "in-use"
_LONGEST_SOCKET = 103  # 107 with the end of the string on Linux, 103 elsewhere
_LONGEST_OF_RAY = len("/session_2026-11-30_15-58-01_957406_4194304/sockets/plasma_store.1")
_LONGEST_OWN = len(f"/{_PREFIX}12345678")


class RayFolder:
    """A new folder for one Ray, locked by this process for as long as it lives.

    Raises
    ------
    InputError
        If no folder for temporary files is short enough and can be written to.
    """

    def __init__(self) -> None:
        parent = _short_parent()
        _remove_left_behind(parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._lock = (self.path / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder; its Ray has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def _short_parent() -> Path:
    for folder in _candidates():
        length = len(os.fsencode(folder)) + _LONGEST_OWN + _LONGEST_OF_RAY
        if length <= _LONGEST_SOCKET and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    longest = _LONGEST_SOCKET - _LONGEST_OWN - _LONGEST_OF_RAY
    raise InputError(
        f"expected a folder for Ray's sockets that can be written to, of at most {longest} characters, got "
        f"{', '.join(map(str, _candidates()))}; TMPDIR=FOLDER names another, --backend serial needs none"
    )


def _candidates() -> Iterator[Path]:
    with suppress(FileNotFoundError):  # no folder for temporary files can be written to
        yield Path(tempfile.gettempdir())
    yield from (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))


def _remove_left_behind(parent: Path) -> None:
    """Remove the folders of processes that were killed: nobody holds their lock."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open() as lock:  # of another user, or just removed
            if _is_free(lock):
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
