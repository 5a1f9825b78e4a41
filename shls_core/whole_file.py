"""Atomic writing of a user's file."""

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
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            aside.write_bytes(data)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"expected to write {path}: {error.strerror or error}") from error
