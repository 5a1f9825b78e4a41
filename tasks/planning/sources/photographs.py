"""The photographs in a place, as `tasks.stages.ingest` plans them in a folder.

The stage lists a folder itself, and reads all of it. Its code, and so the flow in
`tasks.stages.photograph_folder.listing`, is part of the key of every row, which keeps both as they are. What
it decides of a file is decided here again, from what the index holds; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from shls_core.errors import InputError
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.source_file import NOT_READABLE
from shls_core.foreign_text import printable
from tasks.planning.sources.indexed import Looked, SourceIndex
from tasks.planning.sources.looking import LooksAtPhotographs, Unread
from tasks.planning.sources.notes import joined_notes, looks_like_notes, table_of_notes
from tasks.planning.sources.places import Contents, Place, SourceFile, counted
from tasks.stages.ingest import _row  # another name would give every row another key
from tasks.stages.photograph_folder.listing import MOST_BYTES, Photograph
from tasks.stages.photograph_folder.notes_table import NOTES_FILE
from tasks.stages.sources import Sources


def photographs_in(place: Place, index: SourceIndex) -> tuple[Sources, Contents]:
    """Return the rows of the photographs in a place and what is left out, and all that is there.

    Raises
    ------
    InputError
        If there are no photographs, the place is a store, or their notes cannot be read without a guess.
    StoreUnreadable, StoreUnreachable
        If the place is in a bucket that cannot be read.
    """
    contents = place.contents()
    table = table_of_notes(place, contents, NOTES_FILE)
    skipped, others = list(contents.skipped), []
    pictured = {
        name for file in contents.files if is_picture_name(file.name) for name in _with_stem(file.name)
    }
    read: list[SourceFile] = []
    for file in contents.files:
        if looks_like_notes(file.name, NOTES_FILE):
            if file != table:
                skipped.append(Skipped(SkippedKind.UNREAD_NOTES, printable(file.name)))
                others.append(file.name)
        else:
            read.append(file._replace(is_beside_picture=_with_stem(file.name)[1] in pictured))
    photographs: list[Photograph] = []
    for file, looked in zip(read, index.look_at_all(read, LooksAtPhotographs()), strict=True):
        found = _found(file, looked)
        if isinstance(found, Skipped):
            skipped.append(found)
            others.append(file.name)
        elif found is not None:
            photographs.append(found)
            if found.unreadable:
                reason = found.unreadable.removeprefix(f"{NOT_READABLE}: ")
                skipped.append(Skipped(SkippedKind.UNREADABLE_FILE, f"{printable(found.name)}: {reason}"))
    if not photographs:
        only = ", ".join(counted([one.kind for one in skipped]))
        raise InputError(f"expected image files in {place}, found none{', only ' + only if only else ''}")
    names = [photograph.name for photograph in photographs]
    joined, num_notes = joined_notes(table, [*names, *sorted(others)])
    notes = {name: joined.of_file[name].values for name in names if name in joined.of_file}
    locations = {file.name: file.location for file in read}
    return _planned(photographs, locations, notes, [*skipped, *joined.skipped], num_notes), contents


def _found(file: SourceFile, looked: Looked) -> Photograph | Skipped | None:
    """Return what a file is: a photograph, or something that is left out; None: it is nothing."""
    path = Path(file.location)
    if looked is None:
        return None
    if isinstance(looked, Unread):
        return Photograph(file.name, path, None, looked.reason)
    file_kind = looked.kind
    if file_kind == "video":
        return Skipped(SkippedKind.VIDEO, printable(file.name))
    if file_kind == "sidecar" or (file_kind == "text" and file.is_beside_picture):
        return Skipped(SkippedKind.SIDECAR, printable(file.name))
    if looked.size > MOST_BYTES:
        sizes = f"{looked.size / 1e9:.1f} GB, at most {MOST_BYTES / 1e9:.1f} GB expected"
        return Photograph(file.name, path, None, f"{NOT_READABLE}: {sizes}")
    return Photograph(file.name, path, looked.digest)


def _planned(
    photographs: list[Photograph],
    locations: Mapping[str, str],
    notes: Mapping[str, Mapping[str, str]],
    skipped: list[Skipped],
    num_notes: int,
) -> Sources:
    first_with: dict[str, str] = {}
    rows = [
        replace(
            _row(one, first_with.setdefault(one.digest or one.name, one.name), notes.get(one.name, {})),
            location=locations[one.name],
        )
        for one in photographs
    ]
    return Sources(rows, tuple(sorted(skipped)), {SkippedKind.UNMATCHED_NOTE: num_notes})


def _with_stem(name: str) -> tuple[str, str]:
    return name, str(PurePosixPath(name).with_suffix(""))
