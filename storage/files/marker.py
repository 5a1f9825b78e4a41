"""The marker: the file that identifies a store and its format.

A bucket has no folders: without a marker, an empty store would look like no store. Ingest also needs it: it
skips a store that lies inside a folder of photographs.
"""

import json

from shls_core.errors import StoreError
from storage.canonical import canonical_json

MARKER = "store.json"
_FORMAT = 1


def marker_bytes() -> bytes:
    """Return the content of the marker of a store of this format."""
    return canonical_json({"format": _FORMAT, "kind": "shls-store"})


def check_marker(data: bytes, where: str) -> None:
    """Refuse a store that this version of the project cannot read.

    Raises
    ------
    StoreError
        If `data` is not a marker, or one of another format.
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
