"""The file that says that a place is a store, and of which format.

A bucket has no folders, so that an empty store could not be told from none. And a folder of photographs may
hold a store: what is in it is not a photograph.
"""

import json
from pathlib import Path

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


def is_store(folder: Path) -> bool:
    """Return whether a folder of this machine is a store, of whatever format."""
    marker = folder / MARKER
    return marker.is_file() and _format(marker.read_bytes()) is not None


def _format(data: bytes) -> object:
    try:
        marked = json.loads(data)
    except ValueError:
        return None
    is_marker = isinstance(marked, dict) and marked.get("kind") == "shls-store"
    return marked.get("format") if is_marker else None
