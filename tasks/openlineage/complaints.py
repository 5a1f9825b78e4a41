"""Prints what OpenLineage's client only logs: one line each, and each line once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.terminal import print_line

_LOGGER = logging.getLogger("openlineage")


class Complaints(logging.Handler):
    """Prints warnings and errors, without tracebacks: those are in the log, if the user configured one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.has_error = False
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record that was not printed before."""
        reason = record.exc_info[1] if record.exc_info else None
        line = one_line(f"{record.getMessage()} {reason or ''}")
        self.has_error |= record.levelno >= logging.ERROR
        if line not in self._printed:
            self._printed.add(line)
            print_line(f"warning: OpenLineage: {line}")


@contextmanager
def printed_complaints() -> Iterator[Complaints]:
    """Print the warnings and errors of the client while the block runs."""
    complaints = Complaints()
    _LOGGER.addHandler(complaints)
    try:
        yield complaints
    finally:
        _LOGGER.removeHandler(complaints)


def one_line(text: object) -> str:
    """Return a text without its line breaks."""
    return " ".join(str(text).split())
