"""The store: one folder that remembers everything that was made, and how.

::

    objects/ab/abcd…    immutable: shards, manifests, weights, records, named by their SHA-256
    keys/KIND/KEY       what has been computed already: key of the work -> digest of the result
    ledger/runs         Delta Lake table of runs: who, when, where, with what
    ledger/names        Delta Lake table of names: quickstart@v3 -> dataset id
    running/RUN.json    who is at work: marks of jobs, gone when they are over
"""

import os
import re
import uuid
from pathlib import Path

import obstore
from obstore.store import LocalStore

from shls_core.errors import NameUnknown, StoreUnwritable
from storage.key_index import KeyIndex
from storage.ledger import Ledger
from storage.names import Names
from storage.objects import ObjectStore
from storage.writing import write

# deltalake turns a path into a URL and back, and loses or dies of these on the way.
_LOST_IN_URLS = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]|^\\]")


class Store:
    """An open store.

    Use `Store.open` for reading and `Store.create` for writing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.backend = LocalStore(prefix=root)
        self.objects = ObjectStore(self.backend)
        self.keys = KeyIndex(self.backend)
        self.ledger = Ledger(root / "ledger" / "runs")
        self.names = Names(root / "ledger" / "names")

    @classmethod
    def open(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store that exists.

        Raises
        ------
        NameUnknown
            If there is none at `location`.
        StoreUnwritable
            If the path is one that no store can have.
        """
        root = _root(location)
        if not (root / "objects").is_dir():
            raise NameUnknown(f"expected a store at {location}, found none; `shls run` makes one")
        return cls(root)

    @classmethod
    def create(cls, location: str | os.PathLike[str]) -> "Store":
        """Open a store for writing; make it where there is none.

        Raises
        ------
        StoreUnwritable
            If the folder cannot be made or written to.
        """
        root = _root(location)
        try:
            (root / "objects").mkdir(parents=True, exist_ok=True)
            store = cls(root)
            probe = f"probe-{uuid.uuid4().hex}"
            write(store.backend, probe, b"")
            obstore.delete(store.backend, probe)
        except (OSError, StoreUnwritable) as error:
            what = str(error)
            raise StoreUnwritable(f"expected a folder that can be written at {location}: {what}") from error
        return store


def _root(location: str | os.PathLike[str]) -> Path:
    root = Path(location).absolute()
    if unusable := _LOST_IN_URLS.search(str(root)):
        raise StoreUnwritable(f"expected a store path without [ ] | ^ \\ or %XX, got {unusable[0]} in {root}")
    return root
