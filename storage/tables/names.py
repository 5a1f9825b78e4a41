"""The names table: ``photos@v3``, ``photos@latest`` for the id of a dataset. Rows are appended, never edited.

Each row records the head of the ledger at that moment, and the run that gives a name records the name in the
ledger: neither table can be changed alone (`storage.audit.witnesses`).
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import pyarrow as pa

from shls_core.errors import InputError, NameUnknown
from storage.files.location import TableLocation
from storage.tables import naming_chain
from storage.tables.append_only import AppendOnlyTable, Fold, Row
from storage.tables.naming_chain import NamingsSeen
from storage.tables.sealed import Segments

SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("named_at", pa.string(), nullable=False),  # UTC, ISO 8601
        # Digest of the newest entry in the ledger at that time; null in rows from before this column.
        pa.field("ledger_head", pa.string()),
    ]
)
NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_.-]*"

Kind = Literal["published", "tagged", "rolled_back", "removed"]
PUBLISHED: Final = "published"
TAGGED: Final = "tagged"
ROLLED_BACK: Final = "rolled_back"
REMOVED: Final = "removed"
"""Not a new version: records since when the dataset of an existing version may be gone from the store."""


class Names:
    """The table of names.

    Parameters
    ----------
    location
        Location of the table.
    ledger_head
        Returns the digest of the newest entry in the ledger.
    """

    def __init__(self, location: TableLocation, ledger_head: Callable[[], str]) -> None:
        self._table = AppendOnlyTable(location, SCHEMA, Fold(naming_chain.step, naming_chain.FIRST))
        self._ledger_head = ledger_head

    def publish(self, name: str, digest: str) -> str:
        """Give a dataset the name `name` and return ``name@vN``.

        If the name already means this dataset, it gets no new version.

        Raises
        ------
        InputError
            If `name` is not a letter followed by letters, digits, ``_``, ``.`` or ``-``.
        """
        return self._append(name, PUBLISHED, lambda versions: digest)

    def tag(self, name: str, digest: str) -> str:
        """Give a dataset a name that a user chose and return ``name@vN``.

        Raises
        ------
        InputError
            As for `publish`; and if datasets are published under that name: a tag would move its ``latest``.
        """

        def decide(versions: Sequence[Row]) -> str:
            if any(row["kind"] != TAGGED for row in versions):
                raise InputError(
                    f"expected a name of its own for a tag, got {name}, under which datasets are published; "
                    "`shls dataset rollback` moves that one"
                )
            return digest

        return self._append(name, TAGGED, decide)

    def roll_back(self, name: str, to: str | None = None) -> str:
        """Let `name` mean the dataset of an earlier version again, and return the new ``name@vN``.

        Parameters
        ----------
        name
            The name.
        to
            As for `earlier`.

        Raises
        ------
        NameUnknown
            As for `earlier`.
        """
        return self._append(name, ROLLED_BACK, lambda versions: str(_earlier(versions, name, to)["digest"]))

    def earlier(self, name: str, to: str | None = None) -> str:
        """Return the version, ``name@vN``, that a rollback of `name` returns to.

        Parameters
        ----------
        name
            The name.
        to
            ``vN``; by default the version before the one the name means now. Versions that were rolled back
            are skipped: a second rollback goes back one further.

        Raises
        ------
        NameUnknown
            If there is no such name or version, or no earlier version.
        """
        versions = [row for row in self.rows() if row["name"] == name]
        return f"{name}@v{_earlier(versions, name, to)['version']}"

    def mark_removed(self, row: Row) -> None:
        """Record that the dataset of a version may be gone from the store from now on."""

        facts = {key: row[key] for key in ("name", "version", "digest")}
        self._table.append(lambda rows: {**facts, "kind": REMOVED, "named_at": _now()})

    def resolve(self, name: str, version: str = "latest") -> str | None:
        """Return the digest that ``name@version`` means (``latest`` or ``vN``), or None."""
        versions = {f"v{row['version']}": str(row["digest"]) for row in self.rows() if row["name"] == name}
        if version == "latest":
            return list(versions.values())[-1] if versions else None
        return versions.get(version)

    def first_published(self) -> dict[str, str]:
        """Return the name under which each dataset, by digest, was published first."""
        published = [row for row in self.rows() if row["kind"] == PUBLISHED]
        return {row["digest"]: row["name"] for row in reversed(published)}

    def removed_at(self) -> dict[str, str]:
        """Return since when (UTC) each removed dataset may be gone, by digest."""
        return {row["digest"]: row["named_at"] for row in self._table.rows() if row["kind"] == REMOVED}

    def rows(self) -> list[Row]:
        """Return every version of every name, oldest first."""
        return _versions(self._table.rows())

    def all_rows(self) -> list[Row]:
        """Return every row, oldest first: versions of names, and marks of removed datasets."""
        return self._table.rows()

    @property
    def segments(self) -> Segments | None:
        """The sealed segments of the table, None if it was never written: for audits."""
        return self._table.segments

    def logged_rows(self) -> list[Row]:
        """Return every row as Delta Lake's log has it, without sealed segments: what audits compare."""
        return self._table.logged_rows()

    def seen(self) -> NamingsSeen:
        """Return what an entry of the ledger records of all rows."""
        return NamingsSeen(*self._table.folded())

    def _append(self, name: str, kind: Kind, choose: Callable[[Sequence[Row]], str]) -> str:
        """Append a version with the digest that `choose` returns, unless the last one has it already."""
        if not re.fullmatch(NAME_PATTERN, name):
            raise InputError(f"expected a name like 'photos' or 'photos-2026', got {name!r}")
        chosen, head = "", self._ledger_head()

        def decide(rows: Sequence[Row]) -> Row | None:
            nonlocal chosen
            versions = [row for row in _versions(rows) if row["name"] == name]
            chosen = choose(versions)
            if versions and versions[-1]["digest"] == chosen:
                return None
            return {
                "name": name,
                "version": len(versions) + 1,
                "digest": chosen,
                "kind": kind,
                "named_at": _now(),
                "ledger_head": head,
            }

        # The version of this digest: another publisher may have added one in between.
        row = self._table.append(decide) or next(
            row for row in reversed(self.rows()) if row["name"] == name and row["digest"] == chosen
        )
        return f"{name}@v{row['version']}"


def _versions(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] != REMOVED]


def _earlier(versions: Sequence[Row], name: str, to: str | None) -> Row:
    if not versions:
        raise NameUnknown(
            f"expected a name to roll back, got {name!r}; `shls dataset list` shows what there is"
        )
    if to is None:
        meanings = _meanings(versions)
        if len(meanings) < 2:
            raise NameUnknown(f"expected a version of {name} before what it means now, found none")
        return meanings[-2]
    for row in versions:
        if f"v{row['version']}" == to:
            return row
    raise NameUnknown(f"expected a version of {name} among v1..v{len(versions)}, got {to!r}")


def _meanings(versions: Sequence[Row]) -> list[Row]:
    """Return the versions of a name, without those that were rolled back."""
    meanings: list[Row] = []
    for row in versions:
        before = [place for place, meant in enumerate(meanings) if meant["digest"] == row["digest"]]
        if row["kind"] == ROLLED_BACK and before:
            del meanings[before[-1] + 1 :]
        else:
            meanings.append(row)
    return meanings


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
