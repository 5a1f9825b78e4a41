"""Walk a folder of people's files: all of them, in a stable order, each folder once, and what is left out.

Folders in the folder come first, then those that links lead to, each once however many links there are. So a
file that can be reached in several ways has the name of the way without links.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shls_core.errors import InputError
from shls_core.files.droppings import is_dropping
from shls_core.files.names import recorded_name
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.source_file import is_of_the_file, reason_of
from shls_core.foreign_text import printable

_LEADS_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class FoundFile(NamedTuple):
    """A regular file, or a link to one."""

    name: str
    """Inside the folder, with ``/``, as it is recorded (`recorded_name`)."""
    path: Path


@dataclass(frozen=True)
class FolderContents:
    """What a walk found."""

    files: tuple[FoundFile, ...]
    """By name."""
    skipped: tuple[Skipped, ...]
    """What it left out; nothing inside such a folder was looked at."""


def walk_folder(folder: Path, is_closed: Callable[[Path], bool] = lambda folder: False) -> FolderContents:
    """List the files in a folder and its subfolders.

    Linked folders are followed. What systems leave (`is_dropping`), pipes, sockets and devices are left out.

    Parameters
    ----------
    folder
        The folder; it may be a link itself.
    is_closed
        Whether a subfolder is left out as a store.

    Raises
    ------
    InputError
        If the folder itself cannot be listed, or the machine fails.
    """
    walk = _Walk(is_closed, os.path.realpath(folder))
    try:
        walk.tree(_Folder("", folder, is_linked=False))
    except _Unlisted as error:
        raise InputError(f"expected a folder that can be listed: {error} ({folder})") from error
    while walk.links:
        links, walk.links = sorted(walk.links), []
        for link in links:
            walk.follow(link)
    return FolderContents(tuple(sorted(walk.files)), tuple(sorted(walk.skipped)))


class _Unlisted(Exception):
    """A folder cannot be listed."""


class _Folder(NamedTuple):
    name: str
    path: Path
    is_linked: bool
    """Whether a link leads to it, or to a folder that it is in."""

    def named(self, entry: str) -> str:
        return f"{self.name}/{recorded_name(entry)}" if self.name else recorded_name(entry)


@dataclass
class _Walk:
    is_closed: Callable[[Path], bool]
    root: str
    files: list[FoundFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    links: list[_Folder] = field(default_factory=list)
    met: set[object] = field(default_factory=set)

    def follow(self, link: _Folder) -> None:
        """Walk the folder that a link leads to, unless it contains the link, or the folder that is walked."""
        target, place = os.path.realpath(link.path), os.path.realpath(link.path.parent)
        if _contains(target, place) or _contains(target, self.root):
            self._skip(SkippedKind.FOLDER_MET_BEFORE, f"{link.name}/")
        else:
            self.tree(link)

    def tree(self, top: _Folder) -> None:
        """Walk a folder and the folders in it; remember the links to folders for later."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            if self._is_to_be_listed(folder):
                waiting += self._list(folder)

    def _is_to_be_listed(self, folder: _Folder) -> bool:
        if folder.name and self.is_closed(folder.path):
            self._skip(SkippedKind.STORE, f"{folder.name}/")
            return False
        identity = _identity(folder.path)
        if folder.is_linked and identity in self.met:
            self._skip(SkippedKind.FOLDER_MET_BEFORE, f"{folder.name}/")
            return False
        self.met.add(identity)
        return True

    def _list(self, folder: _Folder) -> list[_Folder]:
        """Take in what is in one folder, and return the folders in it."""
        try:
            with os.scandir(folder.path) as entries:
                found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            if not folder.name:
                raise _Unlisted(reason_of(error)) from error
            if not is_of_the_file(error):
                raise InputError(f"expected to list {folder.path}: {reason_of(error)}") from error
            self._skip(SkippedKind.UNLISTED_FOLDER, f"{folder.name}/")
            return []
        return [inner for entry in found if (inner := self._take(folder, entry))]

    def _take(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        """Take in one entry of a folder; return it if it is a folder that is to be listed now."""
        name, path, is_link = folder.named(entry.name), Path(entry.path), entry.is_symlink()
        if is_dropping(entry.name):
            self._skip(SkippedKind.DROPPING, f"{name}/" if _is_folder(entry) else name)
            return None
        mode = self._mode(entry, name, is_link)
        if mode is None:
            return None
        if stat.S_ISDIR(mode):
            inner = _Folder(name, path, folder.is_linked or is_link)
            if not is_link:
                return inner
            self.links.append(inner)
        elif stat.S_ISREG(mode):
            self.files.append(FoundFile(name, path))
        else:
            self._skip(SkippedKind.SPECIAL_FILE, name)
        return None

    def _mode(self, entry: os.DirEntry[str], name: str, is_link: bool) -> int | None:
        """Return the mode of what an entry is, or leads to; None if there is nothing, or it is not known."""
        try:
            return entry.stat().st_mode
        except OSError as error:
            if is_link and error.errno in _LEADS_NOWHERE:
                self._skip(SkippedKind.BROKEN_LINK, name)
                return None
            if error.errno == errno.ENOENT:  # removed a moment ago
                return None
            if not is_of_the_file(error):
                raise InputError(f"expected to read {entry.path}: {reason_of(error)}") from error
        # The folder can be listed and not entered, or the link leads into one: what is there is named.
        if is_link and not is_picture_name(entry.name):
            self._skip(SkippedKind.UNLISTED_FOLDER, f"{name}/")
            return None
        return stat.S_IFDIR if not is_link and entry.is_dir(follow_symlinks=False) else stat.S_IFREG

    def _skip(self, kind: SkippedKind, name: str) -> None:
        self.skipped.append(Skipped(kind, printable(name)))


def _identity(folder: Path) -> object:
    """Return what is the same for one folder under all its names."""
    try:
        status = folder.stat()
    except OSError:
        return os.path.realpath(folder)
    # Some file systems of other systems have no numbers.
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(folder)


def _contains(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
