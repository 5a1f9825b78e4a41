"""Why an object is not in the store any more, and what stands in its place."""

from collections.abc import Mapping


class Absences:
    """What is known of objects that are gone from a store.

    Parameters
    ----------
    removed_at
        When (UTC) each dataset that a collection removed went, by id.
    """

    def __init__(self, removed_at: Mapping[str, str]) -> None:
        self._removed_at = removed_at

    def why(self, digest: str) -> str:
        """Return what became of an object that is not there, for people."""
        if since := self._removed_at.get(digest):
            return f"removed by gc on {since[:10]}"
        return "not in this store"

    def stand_in(self, shard: str) -> str | None:
        """Return the digest of what was left of a shard that was erased by order, or None."""
        return None
