"""Write one file of a store atomically: complete or not at all."""

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore as Backend

from shls_core.errors import StoreUnwritable
from storage.files.failures import store_errors


def write(backend: Backend, path: str, data: bytes) -> None:
    """Write a file, or replace an existing one.

    Raises
    ------
    StoreUnwritable
        If the store cannot be written: no permission, no space, read-only.
    StoreUnreachable
        If the store does not answer.
    """
    with store_errors(_doing(path), StoreUnwritable):
        obstore.put(backend, path, data)


def write_new(backend: Backend, path: str, data: bytes) -> bool:
    """Write a file unless it exists; return whether it was written.

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
