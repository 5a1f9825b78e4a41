"""Writing one file of a store, whole or not at all."""

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore as Backend

from shls_core.errors import StoreUnwritable
from storage.files.failures import store_errors


def write(backend: Backend, path: str, data: bytes) -> None:
    """Write a file, in place of one that is there.

    Raises
    ------
    StoreUnwritable
        If the store takes no bytes: no permission, no space, read-only.
    StoreUnreachable
        If it gave no answer.
    """
    with store_errors(_doing(path), StoreUnwritable):
        obstore.put(backend, path, data)


def write_new(backend: Backend, path: str, data: bytes) -> bool:
    """Write a file unless one is there already; return whether it was written.

    Raises
    ------
    StoreUnwritable, StoreUnreachable
        As for `write`.
    """
    try:
        with store_errors(_doing(path), StoreUnwritable):
            obstore.put(backend, path, data, mode="create")
    except AlreadyExistsError:
        return False
    return True


def _doing(path: str) -> str:
    return f"expected to write {path} into the store"
