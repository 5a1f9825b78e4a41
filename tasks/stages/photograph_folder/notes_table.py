"""The table of notes beside photographs, as spreadsheets write it."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shls_core.errors import InputError, SampleError
from shls_core.files.source_file import opened_source

NOTES_FILE = "photographs.csv"
NOTE_COLUMNS = ("source", "licence", "consent", "scene")
_FILE_NAME = "file_name"
_KNOWN = frozenset({_FILE_NAME, *NOTE_COLUMNS})

_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?\s*(?:\r\n|\r|\n)', flags=re.IGNORECASE)  # Excel
_ENCODINGS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class NoteRow:
    """One row of the table."""

    line: int
    """Line of the table in which it ends, from 1."""
    name: str
    """The file it is about, as it is written there."""
    values: Mapping[str, str]
    """By column; no empty ones."""


def read_notes(path: Path) -> list[NoteRow]:
    """Read a table of notes: with commas, semicolons, tabs or bars, in UTF-8, or in UTF-16 with its mark.

    Names of columns are taken in any case and with spaces around; empty rows are skipped.

    Raises
    ------
    InputError
        If it cannot be read without a guess: every row has to arrive.
    """
    try:
        with opened_source(path) as file:
            data = file.read(_MOST_BYTES + 1)
    except SampleError as error:
        raise InputError(f"expected a table that can be read: {error.reason} ({path})") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"expected a table of at most {_MOST_BYTES >> 20} MiB ({path})")
    try:
        text = _decoded(data)
        marked = _SEPARATOR_LINE.match(text)
        if marked:
            return list(_rows(text[marked.end() :], marked[1], first_line=2))
        return list(_rows(text, _separator(text), first_line=1))
    except (UnicodeError, csv.Error) as error:
        raise InputError(
            f"expected comma-separated values in UTF-8: {error} ({path}); a spreadsheet writes them as "
            '"CSV UTF-8"'
        ) from error
    except _Unexpected as error:
        raise InputError(f"{error} ({path})") from error


class _Unexpected(Exception):
    """What the table holds is not what is expected."""


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    text = data.decode(encoding)
    if "\0" in text:
        raise _Unexpected("expected comma-separated values in UTF-8, got zero bytes")
    return text


def _separator(text: str) -> str:
    """Return the first separator with which the columns are those that are known; otherwise a comma."""
    fitting = (mark for mark in _SEPARATORS if _are_known(_columns(_reader(text, mark))))
    return next(fitting, ",")


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    # Strict: a quote that is never closed would swallow the rows after it.
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _columns(reader: Iterator[list[str]]) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_") for cell in next(reader, [])]
    while columns and not columns[-1]:  # a spreadsheet may write empty columns at the end
        columns.pop()
    return columns


def _are_known(columns: Sequence[str]) -> bool:
    return _FILE_NAME in columns and _KNOWN.issuperset(columns) and len(set(columns)) == len(columns)


def _rows(text: str, separator: str, first_line: int) -> Iterator[NoteRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns = _columns(reader)
    if not _are_known(columns):
        once = ", each once" if len(set(columns)) < len(columns) else ""
        raise _Unexpected(
            f"expected columns among {sorted(_KNOWN)} with file_name{once}, got {sorted(columns)}"
        )
    for cells in reader:
        line = reader.line_num + first_line - 1
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise _Unexpected(
                f"expected {len(columns)} cells in line {line}, got {len(cells)}: a cell that contains the "
                f"separator {separator!r} needs quotes"
            )
        found = dict(zip(columns, cells, strict=False))
        values = {column: _tidy(found[column]) for column in NOTE_COLUMNS if _tidy(found.get(column, ""))}
        name = found.get(_FILE_NAME, "")
        if values or name.strip():
            yield NoteRow(line, name, values)


def _tidy(cell: str) -> str:
    """Return a cell without spaces around it, composed: scenes that look alike are one scene."""
    return unicodedata.normalize("NFC", cell.strip())
