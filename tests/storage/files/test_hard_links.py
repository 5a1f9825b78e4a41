"""A file system without hard links, by a library that lets every link fail."""

import os
import shutil
import subprocess
import sys

import pytest

from shls_core.errors import StoreUnwritable
from storage.files import hard_links
from storage.files.hard_links import has_hard_links
from storage.store import Store

NO_LINKS = """
#include <errno.h>
int link(const char *old, const char *new) { errno = EPERM; return -1; }
int linkat(int a, const char *old, int b, const char *new, int flags) { errno = EPERM; return -1; }
"""


def test_links_are_tried_and_nothing_is_left(tmp_path):
    assert has_hard_links(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_links_there_is_no_store_and_no_folder(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(hard_links.os, "link", refuse)
    with pytest.raises(
        StoreUnwritable, match=r"^expected a folder that can be written at [^\n]+ has no hard"
    ):
        Store.create(tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler")
def test_a_store_made_elsewhere_can_be_read_but_not_written(store, tmp_path):
    (tmp_path / "no_links.c").write_text(NO_LINKS)
    library = tmp_path / "no_links.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "no_links.c"], check=True)
    script = (
        "import sys; from storage.store import Store\n"
        "print(Store.open(sys.argv[1]).ledger.runs())\n"
        "try: Store.create(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, store.root],
        env=os.environ | {"LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=True,
    )
    runs, refused = done.stdout.splitlines()
    assert runs == "[]"
    assert refused.startswith("StoreUnwritable expected a folder that can be written at ")
    assert "has no hard links" in refused
