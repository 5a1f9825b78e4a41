"""What is changed of this process for a while: its threads, its standard error, its handler of SIGTERM."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import threadpoolctl


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numerical libraries to one thread inside the block."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpoolctl.threadpool_limits(1):
            yield
    finally:
        cv2.setNumThreads(before)


@contextmanager
def muted() -> Iterator[None]:
    """Keep from standard error what a library prints there inside the block; --debug shows it."""
    if os.environ.get("SHLS_DEBUG"):
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def sigterm_handler_kept() -> Iterator[None]:
    """Restore the handler of SIGTERM that a library replaces inside the block."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():  # a handler can be set only there
        signal.signal(signal.SIGTERM, handler)
