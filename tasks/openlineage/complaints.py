"""What OpenLineage's client only logs, told to the person at the terminal: a line each, and once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.terminal import print_line

_LOGGER = logging.getLogger("openlineage")


class Complaints(logging.Handler):
    """Tells warnings and errors; a traceback is for the log of a person's own."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.has_error = False
        self._told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Tell a record that was not told before."""
        reason = record.exc_info[1] if record.exc_info else None
        line = one_line(f"{record.getMessage()} {reason or ''}")
        self.has_error |= record.levelno >= logging.ERROR
        if line not in self._told:
            self._told.add(line)
            print_line(f"warning: OpenLineage: {line}")


@contextmanager
def printed_complaints() -> Iterator[Complaints]:
    """Tell what the client complains of while the block runs."""
    complaints = Complaints()
    _LOGGER.addHandler(complaints)
    try:
        yield complaints
    finally:
        _LOGGER.removeHandler(complaints)


def one_line(text: object) -> str:
    """Return a text without its line breaks."""
    return " ".join(str(text).split())
