"""Progress of long work: a line or a bar in the terminal, and a progress artifact of the Prefect run."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

_ARTIFACT_SECONDS = 2.0
_LINE_SECONDS = 10.0


@contextmanager
def progress(what: str, unit: str) -> Iterator[Advance]:
    """Show how far `what` is, counted in `unit`, while the block runs."""
    with _terminal(what, unit) as on_terminal, _artifact(what, unit) as on_artifact:

        def advance(done: int, total: int) -> None:
            on_terminal(done, total)
            on_artifact(done, total)

        yield advance


def tell(line: str) -> None:
    """Write one line for the person at the terminal, on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(line, markup=False)


@contextmanager
def _terminal(what: str, unit: str) -> Iterator[Advance]:
    if not sys.stderr.isatty():
        yield _at_most_every(_LINE_SECONDS, lambda done, total: tell(f"{what}: {done} of {total} {unit}"))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _artifact(what: str, unit: str) -> Iterator[Advance]:
    if TaskRunContext.get() is None:  # called as a plain function
        yield lambda done, total: None
        return
    created = create_progress_artifact(0.0, key=f"progress-{what}", description=f"{what}, in {unit}")
    artifact = cast(UUID, created)  # typed as if it might be awaited
    yield _at_most_every(
        _ARTIFACT_SECONDS,
        lambda done, total: update_progress_artifact(artifact, 100.0 * done / max(total, 1)),
    )
    update_progress_artifact(artifact, 100.0)


def _at_most_every(seconds: float, act: Callable[[int, int], object]) -> Advance:
    next_time = time.monotonic() + seconds

    def limited(done: int, total: int) -> None:
        nonlocal next_time
        if time.monotonic() >= next_time:
            next_time = time.monotonic() + seconds
            act(done, total)

    return limited
