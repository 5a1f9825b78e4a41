"""The terminal: lines and tables, in which names of others control nothing; progress of long work."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from shls_core.foreign_text import shown

Advance = Callable[[int, int], None]
"""Called with the amount that is done, and the total."""

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

    def render_str(self, text: str, **how: Any) -> Text:
        """Return the text of a string; every renderable of Rich gets its strings rendered here."""
        return super().render_str(shown(text), **{**how, "markup": False, "emoji": False})


def print_line(line: str) -> None:
    """Print one line on standard error."""
    Terminal(stderr=True, highlight=False, soft_wrap=True).print(line)


def print_result(line: str) -> None:
    """Print one line on standard output."""
    Terminal(highlight=False, soft_wrap=True).print(line)


@contextmanager
def terminal_progress(what: str, unit: str) -> Iterator[Advance]:
    """Show the progress of `what`, counted in `unit`, while the block runs."""
    if not sys.stderr.isatty():
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
    return f", about {_duration(seconds * (total - done) / done)} left" if 0 < done < total else ""


def _duration(seconds: float) -> str:
    """Return a duration in the unit that people would use.

    Examples
    --------
    >>> _duration(15.2), _duration(2520), _duration(16461)
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
