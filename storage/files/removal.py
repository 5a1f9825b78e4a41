"""Remove files of a store in batches."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore as Backend

from shls_core.errors import StoreUnwritable
from storage.files.reading import read_again

_AT_ONCE = 500


def remove_files(
    backend: Backend, paths: Sequence[str], on_removed: Callable[[int], object] = lambda count: None
) -> None:
    """Remove files in the given order.

    Parameters
    ----------
    backend
        The store.
    paths
        Paths of the files inside the store.
    on_removed
        Called after each batch with the number of files in it.

    Raises
    ------
    StoreUnwritable
        If the store refuses the removal.
    """
    for some in _batches(paths):
        try:
            read_again(partial(obstore.delete, backend, list(some)))
        except (OSError, BaseError) as error:
            what = str(error).splitlines()[0]
            raise StoreUnwritable(f"expected to remove files from the store: {what}") from error
        on_removed(len(some))


def _batches(items: Sequence[str]) -> Iterable[tuple[str, ...]]:
    iterator = iter(items)
    while some := tuple(islice(iterator, _AT_ONCE)):
        yield some
