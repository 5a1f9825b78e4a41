"""Atomic writing of a user's file, and the folders for it."""

import os
from pathlib import Path

from shls_core.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a temporary file and move it to `path`; an existing file is replaced.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"expected to write {path}: {error.strerror or error}") from error


def make_folder(folder: Path) -> None:
    """Create a folder for a user's files, and those above it; an existing one is used.

    Raises
    ------
    InputError
        If something else is in its place, or it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"expected a folder to write to at {folder}: {error.strerror or error}") from error
