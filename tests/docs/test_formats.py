"""The tables of docs/formats.md are those of the code."""

import re
from pathlib import Path

from shls_core.files.format_tables import TABLES, with_tables
from shls_core.files.pictures.decode import DECODE_RULE

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code():
    assert with_tables(PAGE) == PAGE, "run: python -m shls_core.files.format_tables docs/formats.md"


def test_every_table_is_on_the_page_once():
    assert sorted(re.findall(r"<!-- table: ([\w ]+) -->", PAGE)) == sorted(TABLES)


def test_a_table_that_differs_is_written_again():
    spoilt = PAGE.replace("| HEIC |", "| HEIK |")
    assert spoilt != PAGE
    assert with_tables(spoilt) == PAGE


def test_the_page_names_the_rule():
    assert f"This is rule {DECODE_RULE}." in PAGE
