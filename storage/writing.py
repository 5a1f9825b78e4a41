"""Writing one file of a store, whole or not at all."""

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore as Backend

from shls_core.errors import StoreUnwritable


def write(backend: Backend, path: str, data: bytes) -> None:
    """Write a file, in place of one that is there.

    Raises
    ------
    StoreUnwritable
        If the store takes no bytes: no permission, no space, read-only.
    """
    try:
        obstore.put(backend, path, data)
    except (OSError, BaseError) as error:
        raise _unwritable(path, error) from error


def write_new(backend: Backend, path: str, data: bytes) -> bool:
    """Write a file unless one is there already; return whether it was written.

    Raises
    ------
    StoreUnwritable
        As for `write`.
    """
    try:
        obstore.put(backend, path, data, mode="create")
    except AlreadyExistsError:
        return False
    except (OSError, BaseError) as error:
        raise _unwritable(path, error) from error
    return True


def _unwritable(path: str, error: Exception) -> StoreUnwritable:
    return StoreUnwritable(f"expected to write {path} into the store: {str(error).splitlines()[0]}")
