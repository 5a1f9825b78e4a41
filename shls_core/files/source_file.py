"""Open the files that rows are made of: what cannot be read is a reason of one row, not the end of all."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from shls_core.errors import InputError, SampleError
from shls_core.files.foreign_file import open_regular

NOT_READABLE = "not readable"
"""How the reason begins for which a file that cannot be read is rejected."""

_OF_THE_FILE = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "ENOKEY"),
        *("EIO", "EBADMSG", "EUCLEAN", "ENODATA", "EINVAL", "ENXIO"),
        *("ENAMETOOLONG", "ELOOP"),
    )
    if hasattr(errno, name)
)


def is_of_the_file(error: OSError) -> bool:
    """Whether an error is about one file or folder, so that the others can still be read.

    Others are about the machine or the moment (too many open files, a network drive that is gone, a file that
    was just removed): to go on would leave out photographs by chance.
    """
    return error.errno in _OF_THE_FILE


@contextmanager
def opened_source(path: str | Path) -> Iterator[BufferedReader]:
    """Open a regular file to read its bytes; a pipe or a device is never waited for.

    Raises
    ------
    SampleError
        If it cannot be read: "not readable: permission denied".
    InputError
        If the machine, not the file, is the reason, or the file is gone.
    """
    try:
        with open_regular(path) as file:
            yield file
    except OSError as error:
        if is_of_the_file(error):
            raise SampleError(f"{NOT_READABLE}: {reason_of(error)}") from error
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
            raise InputError(
                f"{path} was removed while it was read: run again when nobody writes to it"
            ) from error
        raise InputError(f"expected to read {path}: {reason_of(error)}") from error


def is_there(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether something of a kind is at a path; False where the system does not let anybody look.

    Parameters
    ----------
    path
        The path; links are followed.
    is_kind
        Of the mode: `stat.S_ISREG`, `stat.S_ISDIR`.
    """
    try:
        return is_kind(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def reason_of(error: OSError) -> str:
    """Return what the system says of an error, in lower case.

    Examples
    --------
    >>> reason_of(PermissionError(13, "Permission denied"))
    'permission denied'
    """
    return (error.strerror or type(error).__name__).lower()
