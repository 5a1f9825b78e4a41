"""Formats are tried, not promised."""

import sys

from shls_core.files.pictures import readable
from shls_core.files.pictures.formats import PICTURE_FORMATS
from shls_core.files.pictures.readable import readable_formats


def test_every_format_is_read_here():
    assert readable_formats() == {one.name: None for one in PICTURE_FORMATS}


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "pip install pillow-heif" in readable_formats()["HEIC"]


def test_wrong_colours_are_seen(monkeypatch):
    monkeypatch.setattr(readable, "_COLOUR", (0, 60, 40))
    assert readable_formats()["PNG"] == "colours are wrong by 200 levels"
