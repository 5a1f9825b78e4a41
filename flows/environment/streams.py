"""Standard streams that were closed before the command began (``shls … 2>&-``)."""

import io
import os
import sys


def open_closed_streams() -> None:
    """Open the null device in place of each standard stream that is closed.

    Otherwise the next file that is opened, of a store or a user, would get its number, and everything that a
    library prints would be written into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if not _is_open(number):
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:  # what Python makes of a closed one
            setattr(sys, name, io.TextIOWrapper(io.FileIO(number, mode, closefd=False), write_through=True))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
