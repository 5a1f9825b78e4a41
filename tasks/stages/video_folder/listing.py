"""List a folder of videos: films, folders of frames, the notes about them, and what is left out.

A folder of frames is a folder that directly holds two or more pictures and no film: its pictures, in the
order of their numbers, are the frames of one video. Every other folder is a folder of films: each film in it
is a video, and pictures beside films, or alone in a folder, are left out. It does not matter what the parent
of a folder is.
"""

from __future__ import annotations

import hashlib
import stat
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from shls_core.errors import InputError, SampleError
from shls_core.files.file_kind import HEAD_BYTES, kind_of_file
from shls_core.files.natural_order import by_value_of_numbers
from shls_core.files.pictures.folders import check_one_each
from shls_core.files.skipped import SkippedKind
from shls_core.files.skipped_beside_videos import BesideVideos
from shls_core.files.source_file import NOT_READABLE, is_there, opened_source
from shls_core.files.walk import FolderContents, FoundFile, walk_folder
from shls_core.foreign_text import printable
from tasks.stages.photograph_folder.notes_join import JoinedNotes, join_notes
from tasks.stages.photograph_folder.notes_table import read_notes

NOTES_FILE = "videos.csv"
_LIKE_NOTES = frozenset({".csv", ".tsv", ".txt", ".json", ".xls", ".xlsx", ".ods", ".numbers"})

Left = tuple[str, str]
"""Kind and name of a thing that is left out."""


@dataclass(frozen=True)
class Film:
    """A file that becomes a video."""

    name: str
    """Inside the folder."""
    path: Path
    digest: str | None
    """SHA-256 of its bytes; None if they could not be read."""
    unreadable: str | None = None
    """Why not."""


@dataclass(frozen=True)
class FrameFile:
    """A file of a folder of frames."""

    name: str
    digest: str
    size: int
    """In bytes."""


@dataclass(frozen=True)
class Frames:
    """A folder that becomes a video."""

    name: str
    """Inside the folder; ``.`` for the folder itself."""
    path: Path
    files: tuple[FrameFile, ...] = ()
    """In the order of time."""
    unreadable: str | None = None
    """Why it cannot be used."""


@dataclass(frozen=True)
class Listing:
    """What is in a folder of videos."""

    videos: tuple[Film | Frames, ...]
    """By name."""
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Notes by column, by the name of the video."""
    skipped: tuple[Left, ...] = ()
    num_notes: int = 0
    """Rows of the table of notes."""


def list_videos(folder: Path) -> Listing:
    """Walk a folder, hash its films and frames, and find the notes about them.

    Raises
    ------
    InputError
        If it is no folder of videos, or its notes cannot be read without a guess.
    """
    if _is_store(folder):
        raise InputError(f"expected a folder of videos, got a store: {folder}; keep the two apart")
    contents = walk_folder(folder, _is_store)
    table = _table_of_notes(folder, contents)
    files = [file for file in contents.files if file.path != table]
    skipped: list[Left] = [(one.kind, one.name) for one in contents.skipped]
    films, pictures, others = _sorted_out(files)
    skipped += others
    videos: list[Film | Frames] = [_film(file) for file in films]
    with_films = {_parent(file.name) for file in films}
    for place, some in sorted(pictures.items()):
        if place in with_films or len(some) < 2:
            skipped += [(BesideVideos.PICTURE, printable(file.name)) for file in some]
        else:
            videos.append(_frames(place, folder, some))
    if not videos:
        raise InputError(f"expected films or folders of frames in {folder}, found none{_only(skipped)}")
    for video in videos:
        if video.unreadable and video.unreadable.startswith(NOT_READABLE):
            reason = video.unreadable.removeprefix(f"{NOT_READABLE}: ")
            skipped.append((SkippedKind.UNREADABLE_FILE, f"{printable(video.name)}: {reason}"))
    videos.sort(key=lambda video: video.name)
    rows = read_notes(table) if table else []
    names = [video.name for video in videos]
    left = [file.name for file in files if file.name not in set(names)]
    joined = join_notes(rows, [*names, *left], table) if table else JoinedNotes()
    return Listing(
        videos=tuple(videos),
        notes={name: joined.of_file[name].values for name in names if name in joined.of_file},
        skipped=tuple(sorted([*skipped, *((str(one.kind), one.name) for one in joined.skipped)])),
        num_notes=len(rows),
    )


def _sorted_out(
    files: Sequence[FoundFile],
) -> tuple[list[FoundFile], Mapping[str, list[FoundFile]], list[Left]]:
    """Return the files that may be films, the pictures of each folder, and what is neither."""
    films: list[FoundFile] = []
    pictures: dict[str, list[FoundFile]] = defaultdict(list)
    others: list[Left] = []
    for file in files:
        kind = "notes" if _looks_like_notes(file.name) else _kind(file)
        if kind == "picture":
            pictures[_parent(file.name)].append(file)
        elif kind == "notes":
            others.append((SkippedKind.UNREAD_NOTES, printable(file.name)))
        elif kind in ("sidecar", "text"):
            others.append((SkippedKind.SIDECAR, printable(file.name)))
        else:
            films.append(file)
    return films, pictures, others


def _kind(file: FoundFile) -> Literal["picture", "video", "sidecar", "text", "unknown"]:
    try:
        with opened_source(file.path) as opened:
            return kind_of_file(file.name, opened.read(HEAD_BYTES))
    except SampleError:
        return kind_of_file(file.name, b"")


def _film(file: FoundFile) -> Film:
    try:
        with opened_source(file.path) as opened:
            return Film(file.name, file.path, hashlib.file_digest(opened, "sha256").hexdigest())
    except SampleError as error:
        return Film(file.name, file.path, None, error.reason)


def _frames(place: str, folder: Path, files: Sequence[FoundFile]) -> Frames:
    """Take in a folder of frames; its name inside the folder is `place`."""
    ordered = sorted(files, key=lambda file: by_value_of_numbers(PurePosixPath(file.name).name))
    path = ordered[0].path.parent
    found = []
    try:
        check_one_each([file.path.name for file in ordered], path)
        for file in ordered:
            with opened_source(file.path) as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
                found.append(FrameFile(file.path.name, digest, opened.tell()))
    except SampleError as error:
        return Frames(place, path, (), error.reason)
    except InputError as error:
        if "one image for every frame" not in str(error):
            raise
        return Frames(place, path, (), "two pictures differ in their suffix only")
    return Frames(place, path, tuple(found))


def _parent(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _table_of_notes(folder: Path, contents: FolderContents) -> Path | None:
    """Return the table of notes of a folder, in any case; None if there is none.

    Raises
    ------
    InputError
        If there are several, or it leads to nothing: consent may be noted there.
    """
    names = [file.name for file in contents.files if file.name.lower() == NOTES_FILE]
    if len(names) > 1:
        raise InputError(f"expected one table of notes, got {' and '.join(names)} ({folder})")
    lost = [one for one in contents.skipped if one.name.rstrip("/").lower() == NOTES_FILE]
    if lost and lost[0].kind != SkippedKind.STORE:
        raise InputError(
            f"expected a table of notes that can be read, got a {lost[0].kind.replace('_', ' ')} "
            f"({folder / lost[0].name})"
        )
    return next((file.path for file in contents.files if file.name in names), None)


def _looks_like_notes(name: str) -> bool:
    path = PurePosixPath(name.lower())
    return path.stem.split(".")[0] == PurePosixPath(NOTES_FILE).stem and path.suffix in _LIKE_NOTES


def _only(skipped: Sequence[Left]) -> str:
    counts = Counter(str(kind).replace("_", " ") for kind, _ in skipped)
    return (
        f", only {', '.join(f'{count} x {kind}' for kind, count in sorted(counts.items()))}" if counts else ""
    )


def _is_store(folder: Path) -> bool:
    # Repeated here on purpose: the marker of stores may change without a change of the code of this stage.
    return is_there(folder / "store.json", stat.S_ISREG) and is_there(folder / "objects", stat.S_ISDIR)
