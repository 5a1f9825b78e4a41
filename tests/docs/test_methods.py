"""What the pages of docs/methods point at is there."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

from shls_core.methods.registry import METHODS

PAGES = Path(__file__).parents[2] / "docs" / "methods"


def test_every_method_has_a_page():
    assert set(METHODS) <= {page.stem for page in PAGES.glob("*.md")}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_every_function_named_on_a_page_exists(page):
    names = re.findall(r"`((?:shls_core|tasks)\.[\w.]+)`", page.read_text(encoding="utf-8"))
    assert len(names) >= 5 or page.stem == "README"
    for name in names:
        module, rest = re.fullmatch(
            r"((?:[a-z_0-9]+\.)+[a-z_0-9]+)\.((?:[A-Z]\w*(?:\.\w+)?)|\w+)", name
        ).groups()
        reduce(getattr, rest.split("."), importlib.import_module(module))
