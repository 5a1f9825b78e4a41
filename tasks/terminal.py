"""What a person at the terminal sees of long work: a bar, or now and then a line."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

_LINE_SECONDS = 10.0


def print_line(line: str) -> None:
    """Write one line for the person at the terminal, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(line, markup=False)


@contextmanager
def terminal_progress(what: str, unit: str) -> Iterator[Advance]:
    """Show how far `what` is, counted in `unit`, while the block runs."""
    if not sys.stderr.isatty():
        yield at_most_every(
            _LINE_SECONDS, lambda done, total: print_line(f"{what}: {done} of {total} {unit}")
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def at_most_every(seconds: float, act: Callable[[int, int], object]) -> Advance:
    """Return `act`, called at most once in so many seconds."""
    next_time = time.monotonic() + seconds

    def limited(done: int, total: int) -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + seconds
            act(done, total)

    return limited
