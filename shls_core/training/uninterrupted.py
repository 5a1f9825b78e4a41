"""A block of work that Ctrl-C and SIGTERM do not cut in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_HELD_BACK = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the block is done; then the first that came takes effect.

    Other threads than the main one are not interrupted by signals: there the block just runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _HELD_BACK}
    # A handler that was not installed from Python (None) cannot be put back.
    held = [number for number in _HELD_BACK if before[number] is not None]
    try:
        for number in held:
            signal.signal(number, lambda number, frame: came.append(number))
        yield
    finally:
        for number in held:
            signal.signal(number, before[number])
    if came:
        signal.raise_signal(came[0])
