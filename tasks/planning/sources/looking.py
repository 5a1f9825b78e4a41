"""What a file is, and its digest: read once, in a folder or from a bucket.

A stage of sources reads of a file what it needs to plan its rows: of a film among photographs the first
bytes, of a photograph all, of a film its packets, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from shls_core.errors import InputError, SampleError
from shls_core.files.file_kind import HEAD_BYTES, kind_of_file
from shls_core.files.source_file import opened_source
from shls_core.files.videos.film_times import FilmTimes, film_times
from storage.canonical import digest_json
from storage.provenance.code_digest import code_digest
from storage.provenance.environment import package_versions
from storage.sources.bucket import ObjectFacts, ObjectGone, is_address, read_object
from storage.sources.index import Entry
from tasks.planning.sources.places import SourceFile, stamp_of_file, stamp_of_object
from tasks.planning.sources.scratch import refuse_without_room, scratch_folder
from tasks.stages.film_rows import reason_without_path
from tasks.stages.photograph_folder.listing import MOST_BYTES

_GRANULARITY_NS = 2_500_000_000
"""Coarsest time of change of a file system (FAT has two seconds). A file that was written so shortly before
it was read may be written again, and look unchanged."""
_FILMS_AT_ONCE = threading.BoundedSemaphore(2)
"""Films of a bucket that are on this disk at once while they are hashed."""
_ONE_FILM = threading.Lock()
"""FFmpeg has one log, from which the reason is taken why a film cannot be read."""


class Unread(NamedTuple):
    """A file that cannot be read."""

    name: str
    kind: str
    """By its first bytes, or by its name if they cannot be read either."""
    reason: str


class Looker(Protocol):
    """What a stage reads of its sources before it plans rows of them."""

    @property
    def rule(self) -> str:
        """Digest of the code that finds kinds and facts."""
        ...

    def is_hashed(self, file: SourceFile, file_kind: str, size: int) -> bool:
        """Whether the digest of a file is needed."""
        ...

    def has_times(self, file_kind: str) -> bool:
        """Whether a file may be a film whose length is needed."""
        ...


@dataclass(frozen=True)
class LooksAtPhotographs:
    """Of photographs: their digests."""

    @property
    def rule(self) -> str:
        """Digest of the code that finds kinds."""
        return code_digest("shls_core.files.file_kind")

    def is_hashed(self, file: SourceFile, file_kind: str, size: int) -> bool:
        """Whether it may be a photograph."""
        is_other = file_kind in ("video", "sidecar") or (file_kind == "text" and file.is_beside_picture)
        return not is_other and size <= MOST_BYTES

    def has_times(self, file_kind: str) -> bool:
        """Return False."""
        return False


@dataclass(frozen=True)
class LooksAtVideos:
    """Of videos: their digests, and how long films are."""

    @property
    def rule(self) -> str:
        """Digest of the code, and the FFmpeg, that find kinds and lengths."""
        code = code_digest("shls_core.files.file_kind", "shls_core.files.videos.film_times")
        return digest_json([code, dict(package_versions(("av",)))])

    def is_hashed(self, file: SourceFile, file_kind: str, size: int) -> bool:
        """Whether it may be a film or a frame."""
        return file_kind not in ("sidecar", "text")

    def has_times(self, file_kind: str) -> bool:
        """Whether it may be a film."""
        return file_kind in ("video", "unknown")


def look_at(file: SourceFile, looker: Looker) -> Entry | Unread | None:
    """Read a file; None if it only stands for an empty folder of a bucket.

    The stamp of the entry is empty where the file may change without a trace.

    Raises
    ------
    InputError
        If it is gone, or the machine, not the file, is the reason why it cannot be read.
    StoreUnreadable, StoreUnreachable
        If a bucket is the reason.
    """
    return _from_bucket(file, looker) if is_address(file.location) else _from_folder(file, looker)


def times_of(facts: str) -> FilmTimes | str:
    """Return how long a film is, or why it cannot be read, from the facts of its entry."""
    found = json.loads(facts)
    return found if isinstance(found, str) else FilmTimes(**found)


def _from_folder(file: SourceFile, looker: Looker) -> Entry | Unread:
    began_ns = time.time_ns()
    kind = kind_of_file(file.name, b"")
    try:
        with opened_source(file.location) as opened:
            before = os.fstat(opened.fileno())
            kind = kind_of_file(file.name, opened.read(HEAD_BYTES))
            digest, facts = None, None
            if looker.is_hashed(file, kind, before.st_size):
                opened.seek(0)
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
                facts = _facts(Path(file.location)) if looker.has_times(kind) else None
            after = os.fstat(opened.fileno())
    except SampleError as error:
        return Unread(file.name, kind, error.reason)
    stamp = stamp_of_file(before)
    is_old = max(before.st_mtime_ns, before.st_ctime_ns) + _GRANULARITY_NS < began_ns
    is_settled = is_old and stamp == stamp_of_file(after)
    return Entry(file.name, before.st_size, stamp if is_settled else "", kind, digest, facts)


def _from_bucket(file: SourceFile, looker: Looker) -> Entry | Unread | None:
    def take(found: ObjectFacts, pieces: Iterator[bytes]) -> Entry:
        first = next(pieces, b"")
        kind = kind_of_file(file.name, first[:HEAD_BYTES])
        digest, facts = None, None
        if looker.is_hashed(file, kind, found.size):
            if looker.has_times(kind):
                with _FILMS_AT_ONCE:
                    digest, facts = _of_film(file, found.size, first, pieces)
            else:
                digest = write_through(first, pieces)
        return Entry(file.name, found.size, stamp_of_object(found.etag), kind, digest, facts)

    try:
        return read_object(file.location, take)
    except SampleError as error:
        return Unread(file.name, kind_of_file(file.name, b""), error.reason)
    except ObjectGone:
        if file.size == 0:  # its key ends with a slash, and there is no object of the key without
            return None
        raise


def _of_film(file: SourceFile, size: int, first: bytes, pieces: Iterator[bytes]) -> tuple[str, str]:
    folder = scratch_folder()
    refuse_without_room(folder, size, file.location)
    path = folder / f"{digest_json(file.location)[:16]}{Path(file.name).suffix}"
    try:
        with path.open("wb") as copy:
            digest = write_through(first, pieces, copy)
        return digest, _facts(path)
    finally:
        path.unlink(missing_ok=True)


def write_through(first: bytes, pieces: Iterator[bytes], copy: IO[bytes] | None = None) -> str:
    """Return the SHA-256 of pieces, which are written into a file on the way."""
    digest = hashlib.sha256()
    piece: bytes | None = first
    while piece:
        digest.update(piece)
        if copy is not None:
            copy.write(piece)
        piece = next(pieces, None)
    return digest.hexdigest()


def _facts(path: Path) -> str:
    with _ONE_FILM:
        try:
            return json.dumps(asdict(film_times(path)))
        except InputError as error:
            return json.dumps(reason_without_path(error, path))
