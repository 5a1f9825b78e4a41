"""List everything in a store: objects, key entries, and files that do not belong there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import obstore
from obstore.store import ObjectStore as Backend

from storage.files.failures import store_errors
from storage.files.reading import read_again

_OBJECT = re.compile(r"objects/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_KEY = re.compile(r"keys/([a-z-]+)/([0-9a-f]{64})")
EVENTS_FILE = "events/openlineage.jsonl"
"""OpenLineage events of runs, if no other destination is configured; nothing reads them."""
# The other files of a store: Delta Lake's files of tables, marks of jobs, training states, indexes of
# sources, events, marker.
_OURS = re.compile(
    r"ledger/(runs|names)/(_delta_log/\S+|[^/]+\.parquet)"
    r"|running/[0-9A-Za-z-]+\.json"
    r"|training/[0-9a-f]{64}/[0-9a-f]{64}/[0-9]{9}-[0-9a-f]{64}\.safetensors"
    r"|sources/[0-9a-f]{64}"
    rf"|{re.escape(EVENTS_FILE)}"
    r"|store\.json"
)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of the key index: the kind and the key of some work."""

    kind: str
    key: str

    @property
    def path(self) -> str:
        """Its path inside the store."""
        return f"keys/{self.kind}/{self.key}"


@dataclass(frozen=True)
class Inventory:
    """The files of a store."""

    objects: dict[str, int]
    """Size in bytes of every object, by digest."""
    keys: tuple[KeyEntry, ...]
    foreign: tuple[str, ...]
    """Paths of files that do not belong in a store."""


def take_inventory(backend: Backend, part: str | None = None) -> Inventory:
    """List a store, or only one of its folders (``objects``)."""
    objects: dict[str, int] = {}
    keys: list[KeyEntry] = []
    foreign: list[str] = []
    for path, size, _ in list_files(backend, part):
        if is_object := _OBJECT.fullmatch(path):
            objects[is_object[2]] = size
        elif is_key := _KEY.fullmatch(path):
            keys.append(KeyEntry(is_key[1], is_key[2]))
        elif not _OURS.fullmatch(path):
            foreign.append(path)
    return Inventory(objects, tuple(keys), tuple(sorted(foreign)))


def list_files(backend: Backend, folder: str | None = None) -> Iterator[tuple[str, int, datetime]]:
    """Yield path, size in bytes and time of the last change of every file under a folder of a store."""
    with store_errors(f"expected to list {folder or 'all'} of the store"):
        # Whole before the first is yielded: where an answer breaks off, the listing begins again.
        for entry in read_again(lambda: obstore.list(backend, prefix=folder, chunk_size=1000).collect()):
            yield str(entry["path"]), int(entry["size"]), entry["last_modified"]
