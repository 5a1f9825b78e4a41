"""A read-only, seekable file over one object, in a folder or in a bucket."""

import io
import os
from abc import abstractmethod
from pathlib import Path
from typing import Any

import pyarrow as pa

from shls_core.errors import ForeignFile
from shls_core.files.foreign_file import UnusableFile, require_regular
from storage.canonical import short
from storage.files.failures import store_errors
from storage.files.reading import LARGEST_FILE


class ObjectReader(io.RawIOBase):
    """Base class of files over objects: a position, and reading from it.

    Attributes
    ----------
    size : int
        Size of the object in bytes.
    """

    size: int

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    @abstractmethod
    def read_range(self, start: int, length: int) -> bytes:
        """Return `length` bytes from `start` on, independent of the current position; thread-safe.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """

    def arrow_file(self) -> pa.NativeFile:
        """Return the object as a separate file for Arrow's readers.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        return pa.PythonFile(self, mode="r")

    def readable(self) -> bool:
        """Return True: ranges can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: any position can be read next."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte to read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"expected a position in the file, got {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the current position and return the number of bytes read."""
        count = min(len(buffer), self.size - self._position)
        if count <= 0:
            return 0
        buffer[:count] = self._bytes(self._position, count)
        self._position += count
        return count

    def _bytes(self, start: int, length: int) -> bytes | memoryview:
        return self.read_range(start, length)


class FileReader(ObjectReader):
    """A reader of a local file: a read is one system call, and works in a forked process, too.

    (A range read by obstore costs fifty times as much, and never returns in a forked process.)
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        with store_errors(self._doing):
            # Without O_NONBLOCK, opening a named pipe waits for somebody who writes to it.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self._descriptor)
        try:
            require_regular(found, path, LARGEST_FILE)
        except UnusableFile as error:
            raise ForeignFile(f"{self._doing}: {error.strerror}") from error
        self.size = found.st_size

    def read_range(self, start: int, length: int) -> bytes:
        """Return `length` bytes from `start` on.

        Raises
        ------
        StoreUnreadable, StoreUnreachable
        OSError
            If the file ends before that.
        """
        with store_errors(self._doing):
            data = os.pread(self._descriptor, length, start)
        if len(data) != length:
            raise OSError(f"expected {length} bytes at {start}, got {len(data)}")
        return data

    def arrow_file(self) -> pa.NativeFile:
        """Return the object as a separate file, which Arrow reads directly.

        Reading through Python takes three times as long.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        with store_errors(self._doing):
            return pa.OSFile(str(self._path))

    def close(self) -> None:
        """Close the file."""
        if not self.closed and hasattr(self, "_descriptor"):
            os.close(self._descriptor)
        super().close()

    @property
    def _doing(self) -> str:
        return f"expected to read {short(self._path.name)}… of the store"
