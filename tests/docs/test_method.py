"""What docs/method.md and docs/methods/ point at is there."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "page", [DOCS / "method.md", *sorted((DOCS / "methods").glob("*.md"))], ids=lambda page: page.stem
)
def test_every_function_named_in_the_table_exists(page):
    names = re.findall(r"`((?:shls_core|tasks)\.[\w.]+)`", page.read_text(encoding="utf-8"))
    assert len(names) >= 10
    for name in names:
        module, rest = re.fullmatch(
            r"((?:[a-z_0-9]+\.)+[a-z_0-9]+)\.((?:[A-Z]\w*(?:\.\w+)?)|\w+)", name
        ).groups()
        reduce(getattr, rest.split("."), importlib.import_module(module))
