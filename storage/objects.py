"""Content-addressed objects: immutable bytes named by their SHA-256.

One interface for a local folder and, later, a bucket: obstore. Its ``mode="create"`` writes aside and links
into place (on S3: a conditional put), so a reader sees a whole object or none, and two writers of the same
bytes do not disturb each other.
"""

import io
from typing import Any

import obstore
from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.canonical import digest_bytes
from storage.writing import write_new


class ObjectStore:
    """The objects under ``objects/`` of a store."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, data: bytes) -> str:
        """Store `data` and return its digest; bytes that are already there are not written again."""
        digest = digest_bytes(data)
        is_new = write_new(self._backend, object_path(digest), data)
        if not is_new and self.size(digest) != len(data):
            raise self._corrupted(digest, "its size differs")
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of an object, checked against its name.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
        """
        try:
            data = bytes(obstore.get(self._backend, object_path(digest)).bytes())
        except FileNotFoundError:
            raise self._missing(digest) from None
        actual = digest_bytes(data)
        if actual != digest:
            raise self._corrupted(digest, f"its bytes now hash to {actual[:12]}…")
        return data

    def open(self, digest: str) -> "RangeReader":
        """Return a seekable file over an object, for reading a part of it; the reader checks the pages."""
        size = self.size(digest)
        if size is None:
            raise self._missing(digest)
        return RangeReader(self._backend, object_path(digest), size)

    def size(self, digest: str) -> int | None:
        """Return the size of an object in bytes, or None where it is not in the store."""
        try:
            return int(obstore.head(self._backend, object_path(digest))["size"])
        except FileNotFoundError:
            return None

    def exists(self, digest: str) -> bool:
        """Return whether an object is there; its bytes are not looked at."""
        return self.size(digest) is not None

    def verify(self, digest: str) -> bool:
        """Return whether an object is there, having checked its bytes against its name.

        Raises
        ------
        ObjectCorrupted
            If it is there with other bytes.
        """
        try:
            self.get(digest)
        except ObjectMissing:
            return False
        return True

    def find(self, prefix: str) -> list[str]:
        """Return the digests that begin with `prefix` (two hexadecimal digits or more)."""
        listed = obstore.list(self._backend, prefix=f"objects/{prefix[:2]}").collect()
        digests = (str(entry["path"]).rsplit("/", 1)[1] for entry in listed)
        return sorted(digest for digest in digests if digest.startswith(prefix))

    def _missing(self, digest: str) -> ObjectMissing:
        return ObjectMissing(
            f"expected object {digest[:12]}… in the store, found nothing at {object_path(digest)}"
        )

    def _corrupted(self, digest: str, what: str) -> ObjectCorrupted:
        return ObjectCorrupted(
            f"object {digest[:12]}… has changed since it was written: {what} ({object_path(digest)}); "
            "remove that file to have it made again"
        )


def object_path(digest: str) -> str:
    """Return where an object lies inside the store."""
    return f"objects/{digest[:2]}/{digest}"


class RangeReader(io.RawIOBase):
    """A read-only file over byte ranges of one object."""

    def __init__(self, backend: Backend, path: str, size: int) -> None:
        super().__init__()
        self._backend, self._path, self._size, self._position = backend, path, size, 0

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
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"expected a position in the file, got {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the current position and return the number of bytes read."""
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        data = obstore.get_range(self._backend, self._path, start=self._position, end=end)
        count = end - self._position
        buffer[:count] = memoryview(data)
        self._position = end
        return count
