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
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"expected to write {path}: {error.strerror or error}") from error
