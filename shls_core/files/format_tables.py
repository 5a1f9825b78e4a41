"""The tables of docs/formats.md, made from what the readers know.

``python -m shls_core.files.format_tables docs/formats.md`` writes them again; a test fails where they differ.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shls_core.files.file_format import FileFormat
from shls_core.files.masks.formats import MASK_KINDS
from shls_core.files.pictures.formats import PICTURE_FORMATS
from shls_core.files.pictures.refused_formats import NO_PICTURES, RAW_BY_TAGS, REFUSED_PICTURES
from shls_core.files.videos.formats import VIDEO_FORMATS

_TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end of table -->)", flags=re.DOTALL)


def with_tables(page: str) -> str:
    """Return a page in Markdown with its tables made anew.

    A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``; NAME is one of `TABLES`.
    """
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]}{found[3]}", page)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in (head, *rows))
    ruler = "|---" * len(head) + "|\n"
    end_of_head = text.index("\n") + 1
    return text[:end_of_head] + ruler + text[end_of_head:]


def _of_files(formats: Iterable[FileFormat]) -> str:
    return _table(
        ("format", "suffixes", "", "how, or what to do instead"),
        (
            (
                one.name,
                " ".join(f"`{suffix}`" for suffix in one.suffixes) or "-",
                "read" if one.is_read else "refused",
                one.note,
            )
            for one in formats
        ),
    )


TABLES: Mapping[str, str] = {
    "pictures": _of_files(PICTURE_FORMATS),
    "refused pictures": _of_files((RAW_BY_TAGS, *REFUSED_PICTURES)),
    "no pictures": _of_files(NO_PICTURES),
    "videos": _of_files(VIDEO_FORMATS),
    "masks": _table(("kind of file", "given with `--mask`", "of a benchmark", "as a map"), MASK_KINDS),
}
"""The tables in Markdown, by their names; what reads another kind of files adds its own here."""


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(with_tables(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
