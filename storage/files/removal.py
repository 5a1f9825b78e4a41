"""Removing files of a store, many at a time."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore as Backend

from shls_core.errors import StoreUnwritable

_AT_ONCE = 500


def remove_files(
    backend: Backend, paths: Sequence[str], on_removed: Callable[[int], object] = lambda count: None
) -> None:
    """Remove files in their order.

    Parameters
    ----------
    backend
        The store.
    paths
        Of the files inside it.
    on_removed
        Told how many more are gone, now and then.

    Raises
    ------
    StoreUnwritable
        If the store lets nothing be removed.
    """
    for some in _batches(paths):
        try:
            obstore.delete(backend, list(some))
        except (OSError, BaseError) as error:
            what = str(error).splitlines()[0]
            raise StoreUnwritable(f"expected to remove files from the store: {what}") from error
        on_removed(len(some))


def _batches(items: Sequence[str]) -> Iterable[tuple[str, ...]]:
    iterator = iter(items)
    while some := tuple(islice(iterator, _AT_ONCE)):
        yield some
