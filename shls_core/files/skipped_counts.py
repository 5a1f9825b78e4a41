"""What is in a folder and is not used, counted: for manifests, for JSON, and in one line for people."""

from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from shls_core.files.skipped import Skipped, SkippedKind

_NAMED = 3

PHOTOGRAPHS_MAY_BE_MISSING = frozenset(
    {
        SkippedKind.UNLISTED_FOLDER,
        SkippedKind.BROKEN_LINK,
        SkippedKind.VIDEO,
        SkippedKind.UNMATCHED_NOTE,
        SkippedKind.UNREAD_NOTES,
    }
)
"""Kinds that matter to whoever examines a dataset: its manifest counts them. What systems leave does not, and
an unreadable file has a row."""

_PHRASES: Mapping[SkippedKind, tuple[str, str]] = {
    SkippedKind.UNLISTED_FOLDER: (
        "folder cannot be listed, and the photographs in it are missing",
        "folders cannot be listed, and the photographs in them are missing",
    ),
    SkippedKind.BROKEN_LINK: ("broken link left out", "broken links left out"),
    SkippedKind.UNREADABLE_FILE: (
        "file cannot be read and becomes a rejected row",
        "files cannot be read and become rejected rows",
    ),
    SkippedKind.VIDEO: ("video left out", "videos left out"),
    SkippedKind.UNMATCHED_NOTE: (
        "of {of} rows of photographs.csv is about no file in the folder, and is not used",
        "of {of} rows of photographs.csv are about no file in the folder, and are not used",
    ),
    SkippedKind.UNREAD_NOTES: (
        "table of notes not read: notes come from photographs.csv in the folder itself",
        "tables of notes not read: notes come from photographs.csv in the folder itself",
    ),
    SkippedKind.LOOSELY_MATCHED_NOTE: (
        "row of photographs.csv names its file in other upper and lower case, and is used",
        "rows of photographs.csv name their files in other upper and lower case, and are used",
    ),
    SkippedKind.SIDECAR: (
        "sidecar file left out",
        "sidecar files left out",
    ),
    SkippedKind.DROPPING: ("hidden or system file left out", "hidden or system files left out"),
    SkippedKind.FOLDER_MET_BEFORE: (
        "linked folder not searched again",
        "linked folders not searched again",
    ),
    SkippedKind.SPECIAL_FILE: (
        "pipe, socket or device left out, unopened",
        "pipes, sockets or devices left out, unopened",
    ),
    SkippedKind.STORE: ("store in the folder left out", "stores in the folder left out"),
}


class SkippedCount(BaseModel):
    """How many things of one kind are not used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """A `SkippedKind`."""
    count: int = Field(ge=1)
    of: int | None = Field(default=None, exclude_if=lambda value: value is None)
    """Of how many, where it is known: the rows of a table of notes."""

    def __str__(self) -> str:
        known = _PHRASES.get(SkippedKind(self.kind)) if self.kind in set(SkippedKind) else None
        one, several = known or (f"left out: {self.kind}", f"left out: {self.kind}")
        return f"{self.count} {(one if self.count == 1 else several).format(of=self.of)}"


class SkippedFiles(SkippedCount):
    """How many things of one kind are not used, with the names of the first few."""

    names: tuple[str, ...] = ()
    """The first few, by name."""

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.names) else ""
        return f"{super().__str__()} ({', '.join(self.names)}{more})" if self.names else super().__str__()

    @property
    def counted(self) -> SkippedCount:
        """The count without the names."""
        return SkippedCount(kind=self.kind, count=self.count, of=self.of)


def counted_by_kind(
    skipped: Iterable[Skipped], totals: Mapping[SkippedKind, int] | None = None
) -> tuple[SkippedFiles, ...]:
    """Count what is not used, in the order of `SkippedKind`.

    Parameters
    ----------
    skipped
        Each thing that is not used.
    totals
        Of how many, by kind, where it is known.

    Examples
    --------
    >>> films = [Skipped(SkippedKind.VIDEO, name) for name in ("b.mov", "a.mp4")]
    >>> str(counted_by_kind(films)[0])
    '2 videos left out (a.mp4, b.mov)'
    """
    every = sorted(skipped)
    counts = Counter(one.kind for one in every)
    return tuple(
        SkippedFiles(
            kind=kind.value,
            count=counts[kind],
            of=(totals or {}).get(kind),
            names=tuple(one.name for one in every if one.kind == kind)[:_NAMED],
        )
        for kind in SkippedKind
        if counts[kind]
    )


def in_manifest(skipped: Iterable[SkippedFiles]) -> tuple[SkippedCount, ...]:
    """Return the counts that a manifest keeps: without names, and without what systems leave."""
    return tuple(one.counted for one in skipped if one.kind in PHOTOGRAPHS_MAY_BE_MISSING)
