"""The key index: from the key of some work to the digest of its result.

An entry is written after the object it points at. A lost or damaged entry costs a computation, and never
gives a wrong result: it contains a digest, and an object can be checked against its digest.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import obstore
from obstore.store import ObjectStore as Backend

from shls_core.errors import ForeignFile, ObjectMissing
from storage.files.failures import store_errors
from storage.files.inventory import KeyEntry
from storage.files.readers import READERS
from storage.files.reading import read, read_again
from storage.files.writing import write


class KeyIndex:
    """The entries under ``keys/`` of a store, by kind of work."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def get(self, kind: str, key: str) -> str | None:
        """Return the digest recorded for `key`, or None."""
        path = f"keys/{kind}/{key}"
        try:
            with store_errors(f"expected to read {path} of the store"):
                recorded = read(self._backend, path)
        except (ObjectMissing, ForeignFile):
            return None
        return recorded.decode() if re.fullmatch(rb"[0-9a-f]{64}", recorded) else None

    def put(self, kind: str, key: str, digest: str) -> None:
        """Record the result of the work of `key`."""
        write(self._backend, f"keys/{kind}/{key}", digest.encode())

    def results(self, entries: Sequence[KeyEntry]) -> dict[KeyEntry, str | None]:
        """Return the digest in each of some entries, as `get` does."""
        with ThreadPoolExecutor(READERS) as readers:
            digests = readers.map(lambda entry: self.get(entry.kind, entry.key), entries)
            return dict(zip(entries, digests, strict=True))

    def recent(self, kind: str, limit: int) -> list[str]:
        """Return the digests in the last `limit` entries of a kind, newest first."""
        with store_errors(f"expected to list keys/{kind} of the store"):
            listed = read_again(lambda: obstore.list_with_delimiter(self._backend, f"keys/{kind}"))
        newest = sorted(
            listed["objects"], key=lambda entry: (entry["last_modified"], entry["path"]), reverse=True
        )
        digests = (self.get(kind, str(entry["path"]).rsplit("/", 1)[1]) for entry in newest[:limit])
        return [digest for digest in digests if digest is not None]
