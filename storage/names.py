"""Names: ``photos@v3``, ``photos@latest`` for the id of a dataset. Rows, appended, never edited."""

import re
from datetime import UTC, datetime

import pyarrow as pa

from shls_core.errors import InputError
from storage.append_only import AppendOnlyTable, Row
from storage.location import TableLocation

_SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("named_at", pa.string(), nullable=False),  # UTC, ISO 8601
    ]
)
NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_.-]*"


class Names:
    """The table of names."""

    def __init__(self, location: TableLocation) -> None:
        self._table = AppendOnlyTable(location, _SCHEMA)

    def publish(self, name: str, digest: str) -> str:
        """Let `name` mean `digest` from now on and return ``name@vN``.

        A name that means it already gets no new version.

        Raises
        ------
        InputError
            If `name` is not a letter followed by letters, digits, ``_``, ``.`` or ``-``.
        """
        if not re.fullmatch(NAME_PATTERN, name):
            raise InputError(f"expected a name like 'photos' or 'photos-2026', got {name!r}")

        def decide(rows: list[Row]) -> Row | None:
            versions = [row for row in rows if row["name"] == name]
            if versions and versions[-1]["digest"] == digest:
                return None
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            return {"name": name, "version": len(versions) + 1, "digest": digest, "named_at": now}

        # Of this digest: another publisher may have come between.
        row = self._table.append(decide) or next(
            row for row in reversed(self.rows()) if row["name"] == name and row["digest"] == digest
        )
        return f"{name}@v{row['version']}"

    def resolve(self, name: str, version: str = "latest") -> str | None:
        """Return the digest that ``name@version`` means (``latest`` or ``vN``), or None."""
        versions = {f"v{row['version']}": str(row["digest"]) for row in self.rows() if row["name"] == name}
        if version == "latest":
            return list(versions.values())[-1] if versions else None
        return versions.get(version)

    def rows(self) -> list[Row]:
        """Return every naming, oldest first."""
        return self._table.rows()
