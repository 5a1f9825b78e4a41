"""Files looked at through the index: one that is unchanged since is not read, the others in parallel."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shls_core.errors import StoreError
from storage.files.readers import READERS
from storage.rows.stage_names import INGEST
from storage.sources.bucket import is_address
from storage.sources.index import Entry, index_path, read_index, write_index
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn
from tasks.planning.sources.looking import Looker, Unread, look_at
from tasks.planning.sources.places import SourceFile
from tasks.terminal import print_line, terminal_progress

_SECONDS_BETWEEN_WRITES = 60.0
_BATCH = 1024
"""Files that are given to threads together."""

Looked = Entry | Unread | None


@dataclass
class SourceIndex:
    """What a store remembers of the files in one place.

    Attributes
    ----------
    store : Store or None
        The store; None: nothing is remembered.
    stage : str
        The stage of sources.
    place : str
        What names the place.
    distrusted : bool
        Whether every file is read, whatever the index holds.
    kept : bool
        Whether it is written; otherwise it is only read.
    num_read, num_unchanged : int
        Files that were read, and files that were not.
    """

    store: Store | None
    stage: str
    place: str
    distrusted: bool = False
    kept: bool = False
    num_read: int = 0
    num_unchanged: int = 0
    _entries: list[Looked] = field(default_factory=list)
    _rule: str = ""
    _is_changed: bool = False

    def look_at_all(self, files: Sequence[SourceFile], looker: Looker) -> list[Looked]:
        """Return what every file is; see `look_at`, whose errors it raises.

        What was read is written now and then, so that a run that is ended does not read it again.
        """
        self._rule = looker.rule
        self._entries, num_useless = _matched(files, self._read(), looker)
        new = [number for number, entry in enumerate(self._entries) if entry is None]
        self.num_read, self.num_unchanged = len(new), len(files) - len(new)
        self._is_changed = bool(new or num_useless)
        written_at = time.monotonic()
        with terminal_progress(f"{self.stage}: sources", "files read") as advance:
            for done, (number, found) in enumerate(_in_threads(files, new, looker), start=1):
                self._entries[number] = found
                advance(done, len(new))
                if self.kept and time.monotonic() - written_at > _SECONDS_BETWEEN_WRITES:
                    self._write_early()
                    written_at = time.monotonic()
        return list(self._entries)

    def keep(self, is_withheld: Callable[[str], bool]) -> None:
        """Write what was read, if anything was; names for which `is_withheld` is True are not written.

        A purge removes the index. It must not come back with the names of what was erased.
        """
        if self.kept and self._is_changed:
            self._write(entry for entry in self._rememberable() if not is_withheld(entry.name))

    def _write_early(self) -> None:
        """Write what is known to be of nothing withdrawn: a frame does not say which video it is of."""
        assert self.store is not None
        denied = withdrawn(self.store)
        self._write(
            entry
            for entry in self._rememberable()
            if entry.digest not in denied and (entry.kind != "picture" or self.stage == INGEST)
        )

    def _rememberable(self) -> Iterator[Entry]:
        """Yield the entries that can be recognised by their stamps."""
        yield from (entry for entry in self._entries if isinstance(entry, Entry) and entry.stamp)

    def _read(self) -> Iterable[Entry]:
        if self.store is None or self.distrusted:
            return ()
        return read_index(self.store.backend, self._path, self._rule)

    def _write(self, entries: Iterable[Entry]) -> None:
        assert self.store is not None
        try:
            write_index(self.store.backend, self._path, self._rule, entries)
        except StoreError as error:
            print_line(f"{self.stage}: what was read is not remembered, and is read again next time: {error}")

    @property
    def _path(self) -> str:
        return index_path(self.stage, self.place)


def _matched(files: Sequence[SourceFile], index: Iterable[Entry], looker: Looker) -> tuple[list[Looked], int]:
    """Return the entry of each file, None where there is none to use, and how many entries have no use.

    Both are sorted by name.
    """
    found: list[Looked] = [None] * len(files)
    num_useless, number = 0, 0
    for entry in index:
        while number < len(files) and files[number].name < entry.name:
            number += 1
        if number < len(files) and _is_of(entry, files[number], looker):
            found[number] = entry
        else:
            num_useless += 1
    return found, num_useless


def _is_of(entry: Entry, file: SourceFile, looker: Looker) -> bool:
    """Whether an entry is of a file as it is now, and says what is needed of it."""
    if not file.stamp or (entry.name, entry.size, entry.stamp) != (file.name, file.size, file.stamp):
        return False
    is_hashed = looker.is_hashed(file, entry.kind, entry.size)
    has_times = is_hashed and looker.has_times(entry.kind)
    return (entry.digest is not None or not is_hashed) and (entry.facts is not None or not has_times)


def _in_threads(
    files: Sequence[SourceFile], numbers: Sequence[int], looker: Looker
) -> Iterator[tuple[int, Looked]]:
    """Yield the number of each of some files, and what it is."""
    if not numbers:
        return
    count = READERS if is_address(files[numbers[0]].location) else os.cpu_count()
    with ThreadPoolExecutor(count) as threads:
        for first in range(0, len(numbers), _BATCH):
            some = numbers[first : first + _BATCH]
            looked = threads.map(lambda number: look_at(files[number], looker), some)
            yield from zip(some, looked, strict=True)
