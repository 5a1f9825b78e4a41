"""Why an object is no longer in the store, and what its stand-in is."""

from collections.abc import Mapping

from storage.canonical import short
from storage.records.tombstones import Erased


class Absences:
    """What is known about objects that are missing in a store.

    Parameters
    ----------
    removed_at
        When (UTC) garbage collection removed each dataset, by id.
    erased
        What was erased on request, by digest.
    """

    def __init__(self, removed_at: Mapping[str, str], erased: Mapping[str, Erased]) -> None:
        self._removed_at = removed_at
        self.erased = erased
        self._stand_ins = {one.redacted for one in erased.values()}

    def why(self, digest: str) -> str:
        """Describe why an object is missing."""
        if erased := self.erased.get(digest):
            return f"erased by order (tombstone {short(erased.tombstone)}…)"
        if since := self._removed_at.get(digest):
            return f"removed by gc on {since[:10]}"
        return "not in this store"

    def stand_in(self, shard: str) -> str | None:
        """Return the digest of the stand-in of a shard that was erased on request, or None."""
        return self.erased[shard].redacted if shard in self.erased else None

    def is_stand_in(self, digest: str) -> bool:
        """Return whether an object is the stand-in of a shard that was erased on request."""
        return digest in self._stand_ins

    def digests_before(self, shard: str) -> Mapping[str, str | None]:
        """Return the content digests that the erased rows of a shard had, by sample id."""
        return self.erased[shard].rows if shard in self.erased else {}
