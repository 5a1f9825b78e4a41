"""The file that says that a place is a store, and of which format.

A bucket has no folders: without a mark an empty store could not be told from none. And what a folder of
photographs holds of a store, ingest has to know from photographs.
"""

import json

from shls_core.errors import StoreError
from storage.canonical import canonical_json

MARKER = "store.json"
_FORMAT = 1


def marker_bytes() -> bytes:
    """Return what a store of this format is marked with."""
    return canonical_json({"format": _FORMAT, "kind": "shls-store"})


def check_marker(data: bytes, where: str) -> None:
    """Refuse a store that this version of the project cannot read.

    Raises
    ------
    StoreError
        If `data` marks no store, or one of another format.
    """
    found = _format(data)
    if found is None:
        raise StoreError(
            f"expected {marker_bytes().decode()} in {MARKER} of the store at {where}, got something else"
        )
    if found != _FORMAT:
        raise StoreError(
            f"expected a store of format {_FORMAT}, got format {found} at {where}: "
            "another version of shls made it"
        )


def _format(data: bytes) -> object:
    try:
        marked = json.loads(data)
    except ValueError:
        return None
    is_marker = isinstance(marked, dict) and marked.get("kind") == "shls-store"
    return marked.get("format") if is_marker else None
