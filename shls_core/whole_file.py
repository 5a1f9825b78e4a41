"""Writing a file of the user's, whole or not at all."""

import os
from pathlib import Path

from shls_core.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside and move it into place, over one that is there.

    Raises
    ------
    InputError
        If nothing can be written there.
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
