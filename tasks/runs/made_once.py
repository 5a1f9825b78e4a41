"""Work that is done once: its result is found by its key, or made and recorded under it."""

from collections.abc import Callable
from typing import Literal

from storage.store import Store

Status = Literal["computed", "cached"]


def made_once(
    store: Store, kind: str, key: str, is_whole: Callable[[str], bool], make: Callable[[], str]
) -> tuple[str, Status]:
    """Return the id of the record that the work of `key` gives, and whether it had to be done.

    Parameters
    ----------
    store
        Where the work is recorded.
    kind
        The kind of work.
    key
        Digest of everything that decides the result.
    is_whole
        Whether all objects of the record with an id exist, with their bytes checked.
    make
        Does the work, stores its objects and returns the record's id.
    """
    known = store.keys.get(kind, key)
    if known is not None and is_whole(known):
        return known, "cached"
    made = make()
    store.keys.put(kind, key, made)
    return made, "computed"
