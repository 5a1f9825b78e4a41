"""The store: reachable, writable, on a file system that it can use, with space."""

import os
from collections.abc import Iterator
from pathlib import Path

from flows.doctor.finding import Finding, Request, ok
from flows.environment.home import can_write
from shls_core.errors import ShlsError
from storage.files.free_space import free_bytes, megabytes
from storage.files.hard_links import has_hard_links
from storage.files.location import Folder, locate
from storage.store import Store

_LITTLE_SPACE = 5 * 10**9


def check_store(request: Request) -> Iterator[Finding]:
    """Look at the place of the store; nothing is made there."""
    try:
        location = locate(request.store)
    except ShlsError as error:
        yield Finding("store", "problem", str(error), "choose another --store")
        return
    if isinstance(location, Folder):
        yield from _folder(location.path)
        return
    try:
        runs = len(Store.open(request.store).ledger.runs())
        yield ok("store", f"{location}, {runs} runs")
    except ShlsError as error:
        yield Finding("store", "problem", str(error), "set AWS_ENDPOINT_URL, AWS_REGION and the keys")


def _folder(path: Path) -> Iterator[Finding]:
    existing = next((folder for folder in (path, *path.parents) if folder.exists()), path)
    choose = "export SHLS_STORE=FOLDER, another one"
    if not existing.is_dir() or not os.access(existing, os.R_OK) or not can_write(existing):
        yield Finding("store", "problem", f"{existing} cannot be written to", choose)
        return
    if not has_hard_links(existing):
        what = f"the file system of {existing} has no hard links: no store can be there"
        yield Finding("store", "problem", what, choose)
        return
    free = free_bytes(path)
    if free is not None and free < _LITTLE_SPACE:
        yield Finding("store", "warning", f"{path}, {megabytes(free)} free", choose)
    else:
        made = "" if existing == path else ", not made yet"
        yield ok("store", f"{path}{made}, {megabytes(free or 0)} free")
