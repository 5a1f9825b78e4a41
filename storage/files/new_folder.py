"""Write a folder of the user atomically: complete or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shls_core.errors import InputError, StoreUnwritable


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder to write to; it is renamed to `folder` after the block, and removed if the block fails.

    Raises
    ------
    InputError
        Before the block, if `folder` exists and is not an empty folder.
    StoreUnwritable
        If it cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"expected a new or empty folder to export to, found something at {folder}")
    aside = folder.absolute().with_name(f".{folder.absolute().name}-{uuid.uuid4().hex}")
    try:
        aside.mkdir(parents=True)
        yield aside
        aside.replace(folder)
    except OSError as error:
        raise StoreUnwritable(f"expected to write an export to {folder}: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
