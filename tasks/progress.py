"""Progress of long work: a line or a bar in the terminal, and a progress artifact of the Prefect run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import TaskRunContext

from tasks.terminal import Advance, at_most_every, terminal_progress

_ARTIFACT_SECONDS = 2.0


@contextmanager
def progress(what: str, unit: str) -> Iterator[Advance]:
    """Show how far `what` is, counted in `unit`, while the block runs."""
    with terminal_progress(what, unit) as on_terminal, _artifact(what, unit) as on_artifact:

        def advance(done: int, total: int) -> None:
            on_terminal(done, total)
            on_artifact(done, total)

        yield advance


@contextmanager
def _artifact(what: str, unit: str) -> Iterator[Advance]:
    if TaskRunContext.get() is None:  # called as a plain function
        yield lambda done, total: None
        return
    created = create_progress_artifact(0.0, key=f"progress-{what}", description=f"{what}, in {unit}")
    artifact = cast(UUID, created)  # typed as if it might be awaited
    yield at_most_every(
        _ARTIFACT_SECONDS,
        lambda done, total: update_progress_artifact(artifact, 100.0 * done / max(total, 1)),
    )
    update_progress_artifact(artifact, 100.0)
