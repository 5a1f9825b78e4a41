"""Read one file of a store whole, in a folder or in a bucket.

In a folder, only regular files are read: anybody can put a named pipe there, and reading it never ends. In a
bucket, an answer may break off after it began; obstore repeats requests and no bodies, so this module does.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import obstore
from obstore.store import LocalStore
from obstore.store import ObjectStore as Backend

from shls_core.errors import ForeignFile
from shls_core.files.foreign_file import LARGEST_TEXT, UnusableFile, read_regular
from storage.files.failures import is_broken_off

LARGEST_FILE: Final = 64 << 30
"""Bytes of the largest file that is read whole: a shard of large photographs."""

_ATTEMPTS = 6
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0

Result = TypeVar("Result")


class BrokenOff(OSError):
    """An answer of a bucket ended before its announced length."""


def read(backend: Backend, path: str, at_most: int = LARGEST_TEXT) -> bytes:
    """Return the bytes of a file.

    Parameters
    ----------
    backend
        The store.
    path
        Its path inside the store.
    at_most
        The most bytes that a file of its kind has; a larger one is not read.

    Raises
    ------
    ForeignFile
        If it is not a regular file, or larger.
    OSError, obstore.exceptions.BaseError
        If it cannot be read; see `storage.files.failures.store_errors`.
    """
    if isinstance(backend, LocalStore):
        return _read_local(Path(str(backend.prefix)) / path, path, at_most)
    return read_again(lambda: _read_from_bucket(backend, path, at_most))


def read_again(attempt: Callable[[], Result]) -> Result:
    """Return the result of a read of a bucket, which is tried again while its answer breaks off.

    Raises
    ------
    OSError, obstore.exceptions.BaseError
        The last failure, after several attempts; any other failure at once.
    """
    for number in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except Exception as error:  # deltalake raises plain Exception
            if not is_broken_off(error):
                raise
        time.sleep(min(_FIRST_PAUSE_SECONDS * 2**number, _LONGEST_PAUSE_SECONDS))
    return attempt()


def require_length(data: bytes | memoryview, expected: int, path: str) -> None:
    """Raise BrokenOff for an answer of another length than expected."""
    if len(data) != expected:
        raise BrokenOff(
            f"request or response body error: {len(data)} bytes of {path} came, {expected} are there"
        )


def _read_local(file: Path, path: str, at_most: int) -> bytes:
    try:
        return read_regular(file, at_most)
    except UnusableFile as error:
        raise ForeignFile(f"expected a file that the store wrote at {path}: {error.strerror}") from error


def _read_from_bucket(backend: Backend, path: str, at_most: int) -> bytes:
    answer = obstore.get(backend, path)
    size = int(answer.meta["size"])
    if size > at_most:
        raise ForeignFile(
            f"expected a file that the store wrote at {path}: it has {size} bytes, at most {at_most}"
        )
    data = bytes(answer.bytes())
    require_length(data, size, path)
    return data
