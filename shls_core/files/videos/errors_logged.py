"""FFmpeg's errors of one call, caught where it logs what it does not return."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import av.logging

# Messages of other threads would otherwise reach the terminal through Python's handler of last resort.
logging.getLogger("libav").addHandler(logging.NullHandler())


@contextmanager
def messages_logged(level: int = av.logging.ERROR) -> Iterator[list[str]]:
    """Collect what FFmpeg logs in this thread, down to `level`, while the block runs."""
    before, skipped = av.logging.get_level(), av.logging.get_skip_repeated()
    messages: list[str] = []
    av.logging.set_skip_repeated(False)
    av.logging.set_level(level)
    try:
        with av.logging.Capture() as logs:
            try:
                yield messages
            finally:
                messages += [message.strip() for at, _, message in logs if at <= level]
    finally:
        av.logging.set_level(before)
        av.logging.set_skip_repeated(skipped)
