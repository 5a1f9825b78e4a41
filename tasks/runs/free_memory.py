"""Memory that was used and is free goes back to the system."""

import ctypes
from collections.abc import Callable
from functools import cache

import pyarrow as pa


def give_back() -> None:
    """Return free memory of Arrow and of the C library to the system.

    After a stage of a million rows both keep much of what its plan took, and the next plan comes on top.
    Not all of it goes: docs/results/scale.md.
    """
    pa.default_memory_pool().release_unused()
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Return the function of the GNU C library, or None where there is another one."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return None
    return trim
