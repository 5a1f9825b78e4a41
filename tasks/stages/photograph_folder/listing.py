"""List a folder of photographs: what becomes a row, the notes about it, and what is left out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from shls_core.errors import InputError, SampleError
from shls_core.files.file_kind import HEAD_BYTES, kind_of_file
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.source_file import NOT_READABLE, is_there, opened_source
from shls_core.files.walk import FolderContents, FoundFile, walk_folder
from shls_core.foreign_text import printable
from tasks.stages.photograph_folder.notes_join import JoinedNotes, join_notes
from tasks.stages.photograph_folder.notes_table import NOTES_FILE, read_notes

MOST_BYTES = 1 << 29
"""Largest file that is taken for a picture, in bytes: larger ones are rejected unread."""

_LIKE_NOTES = frozenset({".csv", ".tsv", ".txt", ".json", ".xls", ".xlsx", ".ods", ".numbers"})


@dataclass(frozen=True)
class Photograph:
    """A file that becomes a row."""

    name: str
    """Inside the folder."""
    path: Path
    digest: str | None
    """SHA-256 of its bytes; None if they were not read."""
    unreadable: str | None = None
    """Why they were not read."""


@dataclass(frozen=True)
class Listing:
    """What is in a folder of photographs."""

    photographs: tuple[Photograph, ...]
    """By name."""
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Notes by column, by the name of the file."""
    skipped: tuple[Skipped, ...] = ()
    num_notes: int = 0
    """Rows of the table of notes."""


def list_photographs(folder: Path) -> Listing:
    """Walk a folder, hash every file that may be a photograph, and find its notes.

    Of films and of files that belong to pictures, only the first bytes are read.

    Raises
    ------
    InputError
        If it is no folder of photographs, or its notes cannot be read without a guess.
    """
    if _is_store(folder):
        raise InputError(f"expected a folder of photographs, got a store: {folder}; keep the two apart")
    contents = walk_folder(folder, _is_store)
    table = _table_of_notes(folder, contents)
    skipped = list(contents.skipped)
    photographs, others = [], []
    pictured = {
        name for file in contents.files if is_picture_name(file.name) for name in _with_stem(file.name)
    }
    for file in contents.files:
        if table and file.path == table:
            continue
        found = look_at(file, pictured)
        if isinstance(found, Skipped):
            skipped.append(found)
            others.append(file.name)
            continue
        photographs.append(found)
        if found.unreadable:
            reason = found.unreadable.removeprefix(f"{NOT_READABLE}: ")
            skipped.append(Skipped(SkippedKind.UNREADABLE_FILE, f"{printable(found.name)}: {reason}"))
    if not photographs:
        raise InputError(f"expected image files in {folder}, found none{_only(skipped)}")
    rows = read_notes(table) if table else []
    names = [photograph.name for photograph in photographs]
    joined = join_notes(rows, [*names, *others], table) if table else JoinedNotes()
    return Listing(
        photographs=tuple(photographs),
        notes={name: joined.of_file[name].values for name in names if name in joined.of_file},
        skipped=tuple(sorted([*skipped, *joined.skipped])),
        num_notes=len(rows),
    )


def look_at(file: FoundFile, pictured: Collection[str] = ()) -> Photograph | Skipped:
    """Hash a file that may be a photograph, or say what it is instead.

    Parameters
    ----------
    file
        The file.
    pictured
        Names of pictures, with and without their suffixes: a text whose name begins with one and has a suffix
        of its own belongs to the picture.

    Raises
    ------
    InputError
        If the machine, not the file, is the reason why it cannot be read.
    """
    name = printable(file.name)
    if _looks_like_notes(file.name):
        return Skipped(SkippedKind.UNREAD_NOTES, name)
    try:
        with opened_source(file.path) as opened:
            size, head = os.fstat(opened.fileno()).st_size, opened.read(HEAD_BYTES)
            kind = kind_of_file(file.name, head)
            if kind == "video":
                return Skipped(SkippedKind.VIDEO, name)
            if kind == "sidecar" or (kind == "text" and _with_stem(file.name)[1] in pictured):
                return Skipped(SkippedKind.SIDECAR, name)
            if size > MOST_BYTES:
                raise SampleError(
                    f"{NOT_READABLE}: {size / 1e9:.1f} GB, at most {MOST_BYTES / 1e9:.1f} GB expected"
                )
            opened.seek(0)
            return Photograph(file.name, file.path, hashlib.file_digest(opened, "sha256").hexdigest())
    except SampleError as error:
        return Photograph(file.name, file.path, None, error.reason)


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


def _with_stem(name: str) -> tuple[str, str]:
    return name, str(PurePosixPath(name).with_suffix(""))


def _looks_like_notes(name: str) -> bool:
    path = PurePosixPath(name.lower())
    return path.stem.split(".")[0] == PurePosixPath(NOTES_FILE).stem and path.suffix in _LIKE_NOTES


def _only(skipped: Sequence[Skipped]) -> str:
    counts = Counter(one.kind.replace("_", " ") for one in skipped)
    return (
        f", only {', '.join(f'{count} x {kind}' for kind, count in sorted(counts.items()))}" if counts else ""
    )


def _is_store(folder: Path) -> bool:
    # Repeated here on purpose: the marker of stores may change without a change of the code of this stage.
    return is_there(folder / "store.json", stat.S_ISREG) and is_there(folder / "objects", stat.S_ISDIR)
