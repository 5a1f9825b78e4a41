"""The artifact of a training run in Prefect: the newest figures and the loss curve."""

import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefect.artifacts import create_markdown_artifact

from tasks.runs.run_artifacts import shown
from tasks.training.course import Course
from tasks.training.loss_curve import loss_curve
from tasks.training.metrics import VALIDATION, Observer, Row

_EVERY_SECONDS = 30.0


@contextmanager
def training_artifact(course: Course) -> Iterator[Observer]:
    """Return an observer that updates the artifact ``training`` at most every 30 s, and at the end."""
    newest: dict[str, float] = {}
    next_time = time.monotonic() + _EVERY_SECONDS

    def observe(row: Row) -> None:
        nonlocal next_time
        newest.update(row)
        if VALIDATION not in row and time.monotonic() >= next_time:
            next_time = time.monotonic() + _EVERY_SECONDS
            _show(newest, course)

    yield observe
    if newest:
        _show(newest, course)


def _show(newest: Row, course: Course) -> None:
    shown(
        "training",
        lambda: create_markdown_artifact(
            training_markdown(newest, course.losses), key="training", description="Figures of the newest step"
        ),
    )


def training_markdown(newest: Row, losses: Sequence[float]) -> str:
    """Return the newest figures as a table, under the curve of all losses."""
    picture = base64.b64encode(loss_curve(losses).encode()).decode()
    lines = [
        f"![loss over {len(losses)} steps](data:image/svg+xml;base64,{picture})",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name} | {value:.6g} |" for name, value in newest.items()),
    ]
    return "\n".join(lines) + "\n"
