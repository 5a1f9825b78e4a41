"""The table of notes in a place of sources: read from a folder or a bucket, joined with the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from shls_core.errors import InputError
from shls_core.files.skipped import SkippedKind
from storage.sources.bucket import is_address
from tasks.planning.sources.fetching import fetched_file
from tasks.planning.sources.places import Contents, Place, SourceFile
from tasks.stages.photograph_folder.notes_join import JoinedNotes, join_notes
from tasks.stages.photograph_folder.notes_table import read_notes

_LIKE_NOTES = frozenset({".csv", ".tsv", ".txt", ".json", ".xls", ".xlsx", ".ods", ".numbers"})


def table_of_notes(place: Place, contents: Contents, notes_file: str) -> SourceFile | None:
    """Return the table of notes of a place, in any case; None if there is none.

    Raises
    ------
    InputError
        If there are several, or it leads to nothing: consent may be noted there.
    """
    found = [file for file in contents.files if file.name.lower() == notes_file]
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise InputError(f"expected one table of notes, got {names} ({place})")
    lost = [one for one in contents.skipped if one.name.rstrip("/").lower() == notes_file]
    if lost and lost[0].kind != SkippedKind.STORE:
        raise InputError(
            f"expected a table of notes that can be read, got a {lost[0].kind.replace('_', ' ')} "
            f"({place.location_of(lost[0].name)})"
        )
    return found[0] if found else None


def looks_like_notes(name: str, notes_file: str) -> bool:
    """Whether a file looks like a table of notes, at a place or in a format in which none is read."""
    path = PurePosixPath(name.lower())
    return path.stem.split(".")[0] == PurePosixPath(notes_file).stem and path.suffix in _LIKE_NOTES


def joined_notes(table: SourceFile | None, names: Sequence[str]) -> tuple[JoinedNotes, int]:
    """Return the notes of files, and how many rows the table has.

    Raises
    ------
    InputError
        If it cannot be read without a guess: every row has to arrive.
    """
    if table is None:
        return JoinedNotes(), 0
    if not is_address(table.location):
        return _joined(Path(table.location), names)
    with fetched_file(table.location) as path:
        try:
            return _joined(path, names)
        except InputError as error:
            raise InputError(str(error).replace(str(path), table.location)) from error


def _joined(table: Path, names: Sequence[str]) -> tuple[JoinedNotes, int]:
    rows = read_notes(table)
    return join_notes(rows, names, table), len(rows)
