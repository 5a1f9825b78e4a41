"""The terminal: lines and tables, in which names of others control nothing; progress of long work."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from shls_core.foreign_text import json_text, redacted_values, shown

Advance = Callable[[int, int], None]
"""Called with the amount that is done, and the total."""

LOG_JSON = "SHLS_LOG_JSON"
"""The environment variable that turns lines on standard error into JSON, as --log-json does."""
_LINE_SECONDS = 10.0


class Terminal(Console):
    """The only way to the terminal: every string is printed as it is shown, never obeyed.

    In lines, cells of tables and labels of trees, square brackets are no markup; control characters, escape
    sequences and changes of direction are spelt out; credentials are left out. A string is one line.

    Where nobody reads standard error any more, as after the death of a worker that read it, work goes on.
    """

    def on_broken_pipe(self) -> None:
        """Go on without standard error; without standard output, end, as Rich does."""
        if not self.stderr:
            super().on_broken_pipe()
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stderr.fileno())
        os.close(devnull)

    _as_shown = staticmethod(shown)

    def print(self, *objects: Any, **how: Any) -> None:
        """Print as Rich does. It renders each cell of a table several times: texts are made safe once."""
        before, self._as_shown = self._as_shown, cache(shown)
        try:
            super().print(*objects, **how)
        finally:
            self._as_shown = before

    def render_str(self, text: str, **how: Any) -> Text:
        """Return the text of a string; every renderable of Rich gets its strings rendered here."""
        return super().render_str(self._as_shown(text), **{**how, "markup": False, "emoji": False})


_FIELDS: ContextVar[Mapping[str, object]] = ContextVar("fields of log lines", default={})  # noqa: B039


@contextmanager
def log_fields(**fields: object) -> Iterator[None]:
    """Add fields to every JSON line that is logged inside the block: its run, its stage."""
    before = _FIELDS.set({**_FIELDS.get(), **fields})
    try:
        yield
    finally:
        _FIELDS.reset(before)


def logs_json() -> bool:
    """Return whether what goes to standard error are JSON objects, one a line."""
    return bool(os.environ.get(LOG_JSON))


def log_event(message: str, level: str = "info", **fields: object) -> None:
    """Log what only machines read: a JSON line with fields, and nothing where lines are for people."""
    if logs_json():
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": now, "level": level, **_FIELDS.get(), **fields, "message": message}
        with suppress(BrokenPipeError):  # nobody reads any more: the work goes on
            sys.stderr.write(json_text(json.dumps(redacted_values(entry), ensure_ascii=False)) + "\n")
            sys.stderr.flush()


def print_line(line: str, level: str = "info") -> None:
    """Print one line on standard error, or log it as JSON."""
    if logs_json():
        log_event(line, level)
    else:
        Terminal(stderr=True, highlight=False, soft_wrap=True).print(line)


def print_result(line: str) -> None:
    """Print one line on standard output."""
    Terminal(highlight=False, soft_wrap=True).print(line)


@contextmanager
def terminal_progress(what: str, unit: str) -> Iterator[Advance]:
    """Show the progress of `what`, counted in `unit`, while the block runs."""
    if logs_json() or not sys.stderr.isatty():
        started = time.monotonic()

        def line(done: int, total: int) -> None:
            print_line(f"{what}: {done} of {total} {unit}{_left(time.monotonic() - started, done, total)}")

        yield at_most_every(_LINE_SECONDS, line)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True), transient=True) as bar:
        task = bar.add_task(shown(what), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _left(seconds: float, done: int, total: int) -> str:
    return f", about {duration(seconds * (total - done) / done)} left" if 0 < done < total else ""


def duration(seconds: float) -> str:
    """Return a duration in the unit that people would use.

    Examples
    --------
    >>> duration(15.2), duration(2520), duration(16461)
    ('15 s', '42 min', '4.6 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def at_most_every(seconds: float, act: Callable[[int, int], object]) -> Advance:
    """Return a function that calls `act` at most once in so many seconds."""
    next_time = time.monotonic() + seconds

    def limited(done: int, total: int) -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + seconds
            act(done, total)

    return limited
