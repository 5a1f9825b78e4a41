"""The tables of docs/formats.md, made from what the readers know.

``python -m shls_core.files.format_tables docs/formats.md`` writes them again; a test fails where they differ.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from shls_core.files.file_format import FileFormat
from shls_core.files.pictures.formats import PICTURE_FORMATS
from shls_core.files.pictures.refused_formats import NO_PICTURES, RAW_BY_TAGS, REFUSED_PICTURES

TABLES: Mapping[str, Iterable[FileFormat]] = {
    "pictures": PICTURE_FORMATS,
    "refused pictures": (RAW_BY_TAGS, *REFUSED_PICTURES),
    "no pictures": NO_PICTURES,
}
"""Formats by the name of their table; what reads another kind of files adds its own here."""

_TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end of table -->)", flags=re.DOTALL)


def with_tables(page: str) -> str:
    """Return a page in Markdown with its tables made anew.

    A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``; NAME is one of `TABLES`.
    """
    return _TABLE.sub(lambda found: f"{found[1]}{_table(TABLES[found[2]])}{found[3]}", page)


def _table(formats: Iterable[FileFormat]) -> str:
    rows = [
        f"| {one.name} | {' '.join(f'`{suffix}`' for suffix in one.suffixes) or '-'} "
        f"| {'read' if one.is_read else 'refused'} | {one.note} |\n"
        for one in formats
    ]
    return "| format | suffixes | | how, or what to do instead |\n|---|---|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(with_tables(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
