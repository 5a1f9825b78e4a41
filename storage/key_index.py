"""What has been made already: from the key of a piece of work to the digest of its result.

An entry is written after the object it points at. A lost entry costs a computation, never a wrong result.
"""

import obstore
from obstore.store import ObjectStore as Backend


class KeyIndex:
    """The entries under ``keys/`` of a store, by kind of work."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def get(self, kind: str, key: str) -> str | None:
        """Return the digest recorded for `key`, or None."""
        try:
            return bytes(obstore.get(self._backend, f"keys/{kind}/{key}").bytes()).decode()
        except FileNotFoundError:
            return None

    def put(self, kind: str, key: str, digest: str) -> None:
        """Record that the work of `key` gave `digest`."""
        obstore.put(self._backend, f"keys/{kind}/{key}", digest.encode())

    def recent(self, kind: str, limit: int) -> list[str]:
        """Return the digests of the last `limit` entries of a kind, newest first."""
        entries = obstore.list_with_delimiter(self._backend, f"keys/{kind}")["objects"]
        newest = sorted(entries, key=lambda entry: (entry["last_modified"], entry["path"]), reverse=True)
        digests = (self.get(kind, str(entry["path"]).rsplit("/", 1)[1]) for entry in newest[:limit])
        return [digest for digest in digests if digest is not None]
