"""Progress of long work on the terminal: a progress bar, or a line from time to time."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int, int], None]
"""Called with the amount that is done, and the total."""

_LINE_SECONDS = 10.0


def print_line(line: str) -> None:
    """Print one line on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(line, markup=False)


@contextmanager
def terminal_progress(what: str, unit: str) -> Iterator[Advance]:
    """Show the progress of `what`, counted in `unit`, while the block runs."""
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
    """Return a function that calls `act` at most once in so many seconds."""
    next_time = time.monotonic() + seconds

    def limited(done: int, total: int) -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + seconds
            act(done, total)

    return limited
