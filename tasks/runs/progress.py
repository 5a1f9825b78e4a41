"""Progress of long work: a line or a bar in the terminal, and a progress artifact of the Prefect run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from tasks.runs.run_artifacts import shown
from tasks.terminal import Advance, at_most_every, terminal_progress

_ARTIFACT_SECONDS = 5.0


@contextmanager
def progress(what: str, unit: str) -> Iterator[Advance]:
    """Show the progress of `what`, counted in `unit`, while the block runs."""
    with terminal_progress(what, unit) as on_terminal, _artifact(what, unit) as on_artifact:

        def advance(done: int, total: int) -> None:
            on_terminal(done, total)
            on_artifact(done, total)

        yield advance


@contextmanager
def _artifact(what: str, unit: str) -> Iterator[Advance]:
    key = f"progress-{what}"
    created = shown(key, lambda: create_progress_artifact(0.0, key=key, description=f"{what}, in {unit}"))
    if created is None:
        yield lambda done, total: None
        return
    artifact = cast(UUID, created)  # typed as if it might be awaited

    def show(percent: float) -> None:
        shown(key, lambda: update_progress_artifact(artifact, percent))

    yield at_most_every(_ARTIFACT_SECONDS, lambda done, total: show(100.0 * done / max(total, 1)))
    show(100.0)
