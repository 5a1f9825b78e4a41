"""Content-addressed objects: immutable bytes named by their SHA-256.

obstore is the one interface for a folder and a bucket. Its ``mode="create"`` writes a temporary file and
links it into place (on S3: a conditional put), so a reader sees a complete object or none, and two writers of
the same bytes do not conflict.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.store import LocalStore
from obstore.store import ObjectStore as Backend

from shls_core.errors import ForeignFile, ObjectCorrupted, ObjectMissing
from storage.canonical import digest_bytes, short
from storage.files.failures import store_errors
from storage.files.object_reader import FileReader, ObjectReader
from storage.files.range_reader import RangeReader
from storage.files.reading import LARGEST_FILE, read, read_again
from storage.files.writing import write, write_new


class ObjectStore:
    """The objects under ``objects/`` of a store."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, data: bytes) -> str:
        """Store `data` and return its digest; an existing object is reused.

        Raises
        ------
        ObjectCorrupted
            If the existing object has another size.
        StoreUnwritable, StoreUnreachable
        """
        digest = digest_bytes(data)
        if not write_new(self._backend, object_path(digest), data):
            size = self.size(digest)
            if size is None:  # S3 also answers "conflict" if another client writes or removes it meanwhile
                write(self._backend, object_path(digest), data)
            elif size != len(data):
                raise self._corrupted(digest, "its size differs")
        return digest

    def get(self, digest: str, at_most: int = LARGEST_FILE) -> bytes:
        """Return the bytes of an object, after an integrity check against its name.

        Parameters
        ----------
        digest
            Its name.
        at_most
            The most bytes that it can have, where that is known; a larger object is not read.

        Raises
        ------
        ObjectMissing, ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        data = self._bytes(digest, at_most)
        if digest_bytes(data) != digest and not isinstance(self._backend, LocalStore):
            data = self._bytes(digest, at_most)  # bytes that changed on the way are others at a second time
        actual = digest_bytes(data)
        if actual != digest:
            raise self._corrupted(digest, f"its bytes now hash to {short(actual)}…")
        return data

    def _bytes(self, digest: str, at_most: int) -> bytes:
        with self._reading(digest):
            return read(self._backend, object_path(digest), at_most)

    def open(self, digest: str) -> ObjectReader:
        """Return a seekable file over an object, to read parts of it; the caller verifies page checksums.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        path = object_path(digest)
        with self._reading(digest):
            if isinstance(self._backend, LocalStore):
                return FileReader(Path(str(self._backend.prefix)) / path)
            return RangeReader(self._backend, path)

    def first_byte(self, digest: str) -> bytes:
        """Return the first byte of an object, which distinguishes records from shards; none of an empty one.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        with self.open(digest) as reader, self._reading(digest):
            return reader.read_range(0, min(1, reader.size))

    def size(self, digest: str) -> int | None:
        """Return the size of an object in bytes, or None if it is not in the store."""
        try:
            with self._reading(digest):
                return int(obstore.head(self._backend, object_path(digest))["size"])
        except ObjectMissing:
            return None

    def exists(self, digest: str) -> bool:
        """Return whether an object exists; its bytes are not read."""
        return self.size(digest) is not None

    def verify(self, digest: str) -> bool:
        """Return whether an object exists, after an integrity check of its bytes against its name.

        Raises
        ------
        ObjectCorrupted
            If it exists with other bytes.
        StoreUnreadable, StoreUnreachable
        """
        try:
            self.get(digest)
        except ObjectMissing:
            return False
        return True

    def find(self, prefix: str) -> list[str]:
        """Return the digests that begin with `prefix` (two hexadecimal digits or more)."""
        folder = f"objects/{prefix[:2]}"  # a listing takes whole components of the path, in a bucket, too
        with store_errors(f"expected to list {folder} of the store"):
            listed = read_again(lambda: obstore.list(self._backend, prefix=folder).collect())
        digests = (str(entry["path"]).rsplit("/", 1)[1] for entry in listed)
        return sorted(digest for digest in digests if digest.startswith(prefix))

    def remedy(self, digest: str) -> str:
        """Return the end of a message about a damaged object: its path, and what helps."""
        thing = "file" if isinstance(self._backend, LocalStore) else "object"
        return f"({object_path(digest)}); remove that {thing} to have it made again"

    def _corrupted(self, digest: str, what: str) -> ObjectCorrupted:
        return ObjectCorrupted(
            f"object {short(digest)}… has changed since it was written: {what} {self.remedy(digest)}"
        )

    @contextmanager
    def _reading(self, digest: str) -> Iterator[None]:
        try:
            with store_errors(f"expected to read object {short(digest)}… of the store"):
                yield
        except ForeignFile as error:
            raise self._corrupted(digest, str(error)) from error
        except ObjectMissing as error:
            raise ObjectMissing(
                f"expected object {short(digest)}… in the store, found nothing at {object_path(digest)}"
            ) from error


def object_path(digest: str) -> str:
    """Return the path of an object inside the store."""
    return f"objects/{digest[:2]}/{digest}"
