"""A place that a user names: a path, in which ``~`` is a home, or the address of a bucket."""

import re
from pathlib import Path

from shls_core.errors import InputError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/")


def expanded(place: str) -> str:
    """Return a path with ``~`` or ``~user`` replaced by the home folder; an address is returned unchanged.

    A shell does this only for a ``~`` at the beginning of a word: not in ``--store=~/store``, nor in a
    configuration file.

    Raises
    ------
    InputError
        If the place is empty, or there is no such home.

    Examples
    --------
    >>> expanded("s3://bucket/store")
    's3://bucket/store'
    """
    if not place.strip():
        raise InputError("expected a path, got an empty one")
    if not place.startswith("~") or _ADDRESS.match(place):
        return place
    try:
        return str(Path(place).expanduser())
    except RuntimeError as error:
        raise InputError(f"expected a home folder for the ~ of {place}, found none") from error
