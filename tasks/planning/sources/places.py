"""Places of sources, folders and prefixes in buckets: what is there, what is left out, by the same rules."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from shls_core.errors import InputError
from shls_core.files.droppings import is_dropping
from shls_core.files.names import recorded_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.source_file import is_there
from shls_core.files.walk import walk_folder
from shls_core.foreign_text import printable
from storage.files.marker import MARKER
from storage.sources.bucket import SourceBucket, is_address, parents_of


class SourceFile(NamedTuple):
    """A file that may be a photograph or a video."""

    name: str
    """Inside the place, with ``/``, as it is recorded."""
    location: str
    """Its path, absolute, or its address."""
    size: int
    """In bytes, as it was listed."""
    stamp: str
    """Another one for other bytes; empty where nothing says whether it changed."""
    is_beside_picture: bool = False
    """Whether a picture of its name lies beside it: then a text belongs to the picture."""


class Written(NamedTuple):
    """What a bucket says of an object."""

    size: int
    """In bytes."""
    at: float
    """In seconds since 1970."""


@dataclass(frozen=True)
class Contents:
    """What is in a place."""

    files: tuple[SourceFile, ...]
    """By name."""
    skipped: tuple[Skipped, ...] = ()
    objects: Mapping[str, Written] | None = None
    """Of files in a bucket, by address; a folder can be asked at any time."""


class Place(Protocol):
    """Where photographs or videos lie; as text, the path or address that errors name."""

    @property
    def key(self) -> str:
        """What names the place, however it was spelt."""
        ...

    def contents(self) -> Contents:
        """Return what is there.

        Raises
        ------
        InputError
            If it cannot be listed, or is a store.
        StoreUnreadable, StoreUnreachable
            If it is in a bucket that is not there, or does not answer.
        """
        ...

    def location_of(self, name: str) -> str:
        """Return the path or address of something in it; ``.`` is the place itself."""
        ...


def place_of(given: str, nouns: str) -> Place:
    """Return the place that a user named: a folder, or ``s3://bucket/prefix``.

    Raises
    ------
    InputError
        If there is no such folder. `nouns`, for the message, lie in it.
    """
    if is_address(given):
        return BucketPlace(SourceBucket.at(given), nouns)
    folder = Path(given)
    if not is_there(folder, stat.S_ISDIR):
        raise InputError(f"expected a folder of {nouns}, found none at {given}")
    return FolderPlace(folder, nouns)


@dataclass(frozen=True)
class FolderPlace:
    """A folder of this machine."""

    folder: Path
    nouns: str

    def __str__(self) -> str:
        return str(self.folder)

    @property
    def key(self) -> str:
        """Its absolute path."""
        return str(self.folder.absolute())

    def contents(self) -> Contents:
        """Walk the folder."""
        if _is_store(self.folder):
            raise _is_a_store(self, self.nouns)
        found = walk_folder(self.folder, _is_store)
        return Contents(tuple(_in_folder(one.name, one.path) for one in found.files), found.skipped)

    def location_of(self, name: str) -> str:
        """Return the path of a file, absolute: a worker may run in another folder."""
        return str((self.folder / name).absolute())


@dataclass(frozen=True)
class BucketPlace:
    """A prefix in a bucket: what lies between slashes of a key is a folder."""

    bucket: SourceBucket
    nouns: str

    def __str__(self) -> str:
        return str(self.bucket)

    @property
    def key(self) -> str:
        """Its address."""
        return str(self.bucket)

    def contents(self) -> Contents:
        """List the prefix."""
        objects = self.bucket.objects()
        if not objects:
            raise InputError(f"expected {self.nouns} at {self}, found no object below it")
        stores = _stores_among(one.name for one in objects)
        if "" in stores:
            raise _is_a_store(self, self.nouns)
        files: list[SourceFile] = []
        skipped: set[Skipped] = set()
        written: dict[str, Written] = {}
        for one in objects:
            left_out = _left_out(one.name, stores)
            if left_out:
                skipped.add(left_out)
                continue
            name = "/".join(map(recorded_name, one.name.split("/")))
            location = self.bucket.address_of(one.name)
            files.append(SourceFile(name, location, one.facts.size, stamp_of_object(one.facts.etag)))
            written[location] = Written(one.facts.size, one.changed_at)
        return Contents(tuple(sorted(files)), tuple(sorted(skipped)), written)

    def location_of(self, name: str) -> str:
        """Return the address of an object."""
        return self.bucket.address_of(name)


def stamp_of_object(etag: str) -> str:
    """Return the stamp of an object."""
    return f"etag {etag}" if etag else ""


def stamp_of_file(found: os.stat_result) -> str:
    """Return the stamp of a file: nobody can set the time of its last change of any kind."""
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _in_folder(name: str, path: Path) -> SourceFile:
    location = str(path.absolute())
    try:
        found = path.stat()
    except OSError:  # whoever reads it says why
        return SourceFile(name, location, 0, "")
    return SourceFile(name, location, found.st_size, stamp_of_file(found))


def _is_store(folder: Path) -> bool:
    return is_there(folder / MARKER, stat.S_ISREG) and is_there(folder / "objects", stat.S_ISDIR)


def _is_a_store(place: Place, nouns: str) -> InputError:
    return InputError(f"expected a folder of {nouns}, got a store: {place}; keep the two apart")


def _stores_among(names: Iterable[str]) -> set[str]:
    """Return the folders that are stores; the place itself is the empty one."""
    marked: set[str] = set()
    with_objects: set[str] = set()
    for name in names:
        folder, _, last = name.rpartition("/")
        if last == MARKER:
            marked.add(folder)
        parents = list(parents_of(name))
        with_objects.update(one.rpartition("/")[0] for one in parents if one.rpartition("/")[2] == "objects")
    return marked & with_objects


def _left_out(name: str, stores: set[str]) -> Skipped | None:
    """Return the outermost folder of an object that is left out, or itself; None if it is taken."""
    for folder in parents_of(name):
        if is_dropping(folder.rpartition("/")[2]):
            return Skipped(SkippedKind.DROPPING, printable(f"{folder}/"))
        if folder in stores:
            return Skipped(SkippedKind.STORE, printable(f"{folder}/"))
    if is_dropping(name.rpartition("/")[2]):
        return Skipped(SkippedKind.DROPPING, printable(name))
    return None


def counted(kinds: Sequence[str]) -> Iterator[str]:
    """Yield how many there are of each kind, in words: ``2 x video``."""
    for kind in sorted(set(kinds)):
        yield f"{kinds.count(kind)} x {kind.replace('_', ' ')}"
