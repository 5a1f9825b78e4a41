"""Which file each row of the table of notes is about.

Notes carry consent: no row is dropped without a word.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shls_core.errors import InputError
from shls_core.files.names import normal_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.foreign_text import printable
from tasks.stages.photograph_folder.notes_table import NoteRow


@dataclass
class JoinedNotes:
    """The notes of the files in a folder."""

    of_file: dict[str, NoteRow] = field(default_factory=dict)
    """By the name of the file."""
    skipped: list[Skipped] = field(default_factory=list)
    """Rows about no file, and those that name theirs in other upper and lower case."""


def join_notes(rows: Sequence[NoteRow], names: Sequence[str], table: Path) -> JoinedNotes:
    """Find the file of each row: by its exact name, else by one that looks the same, else by case.

    Names look the same if only the composition of accents, ``./``, doubled slashes, spaces around or the
    direction of slashes differ.

    Parameters
    ----------
    rows
        The rows.
    names
        Of the files, inside the folder.
    table
        Where the rows are from, for messages.

    Raises
    ------
    InputError
        If two rows are about one file, or a row fits several.
    """
    joined, exact = JoinedNotes(), set(names)
    left = _taken(joined, rows, lambda row: [row.name] if row.name in exact else [], table)
    alike = _by(normal_name, names)
    left = _taken(joined, left, lambda row: _first(alike, _spellings(row)), table)
    # A file that has a row already may only look like the one that this row is about.
    folded = _by(_folded, (name for name in names if name not in joined.of_file))
    loose = [row for row in left if _first(folded, map(_folded, _spellings(row)))]
    unmatched = _taken(joined, left, lambda row: _first(folded, map(_folded, _spellings(row))), table)
    for kind, some in (
        (SkippedKind.LOOSELY_MATCHED_NOTE, loose),
        (SkippedKind.UNMATCHED_NOTE, unmatched),
    ):
        joined.skipped += [Skipped(kind, _named(row)) for row in some]
    return joined


def _taken(
    joined: JoinedNotes, rows: Iterable[NoteRow], files_of: Callable[[NoteRow], Sequence[str]], table: Path
) -> list[NoteRow]:
    """Give rows to the files that they are about, and return those about none."""
    left = []
    for row in rows:
        files = files_of(row)
        if not files:
            left.append(row)
            continue
        if len(files) > 1:
            some = " and ".join(printable(name) for name in files[:2])
            raise InputError(
                f"expected rows about one file each, got line {row.line}, which fits {some}: write the name "
                f"as the file has it ({table})"
            )
        (file,) = files
        if file in joined.of_file:
            first = joined.of_file[file].line
            raise InputError(
                f"expected one row about each file, got lines {first} and {row.line} about "
                f"{printable(file)} ({table})"
            )
        joined.of_file[file] = row
    return left


def _by(key: Callable[[str], str], names: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[key(name)].append(name)
    return found


def _spellings(row: NoteRow) -> list[str]:
    # A name may contain a backslash: as it is written first.
    return [normal_name(name) for name in (row.name, row.name.replace("\\", "/"))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", normal_name(name).casefold())


def _first(files: Mapping[str, list[str]], keys: Iterable[str]) -> list[str]:
    return next((files[key] for key in keys if key in files), [])


def _named(row: NoteRow) -> str:
    return printable(row.name.strip()) or f"line {row.line}, without a name"
