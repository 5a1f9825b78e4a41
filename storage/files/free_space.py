"""How much more a store can hold."""

import os
import shutil
from pathlib import Path

from shls_core.errors import StoreUnwritable

SPARE_SHARE = 0.1
"""What must be free beyond an estimate, as a share of it."""


def free_bytes(location: str | os.PathLike[str]) -> int | None:
    """Return the free space, in bytes, of the disk that holds a store or would hold it.

    None where this is unknown: a bucket has no limit.
    """
    if "://" in str(location):
        return None
    path = Path(location).absolute()
    existing = next((folder for folder in (path, *path.parents) if folder.is_dir()), None)
    try:
        return None if existing is None else shutil.disk_usage(existing).free
    except OSError:
        return None


def refuse_without_space(location: str | os.PathLike[str], bytes_to_write: float) -> None:
    """Raise StoreUnwritable if the disk of a store cannot take what is to be written, and a tenth more."""
    free = free_bytes(location)
    needed = bytes_to_write * (1 + SPARE_SHARE)
    if free is not None and free < needed:
        raise StoreUnwritable(
            f"expected {megabytes(needed)} free for {megabytes(bytes_to_write)} to write and a tenth more, "
            f"got {megabytes(free)} on the disk of {location}"
        )


def megabytes(num_bytes: float) -> str:
    """Format a number of bytes for a reader.

    Examples
    --------
    >>> megabytes(1_234_567)
    '1.2 MB'
    """
    return f"{num_bytes / 1e6:.1f} MB" if num_bytes < 1e9 else f"{num_bytes / 1e9:.1f} GB"
