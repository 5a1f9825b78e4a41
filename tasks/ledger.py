"""Every run leaves an entry in the ledger, whether it succeeds or not."""

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prefect.runtime import flow_run

from storage.environment import current_environment
from storage.ledger import Run
from storage.running import at_work, removing_alone
from storage.store import Store
from tasks.terminal import tell


@dataclass
class RunDraft:
    """What a flow fills in while it runs."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    verdict: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def recorded_run(
    store: str, kind: str, configuration: Mapping[str, Any], seed: int | None, alone: bool = False
) -> Iterator[RunDraft]:
    """Append the block's run to the ledger of a store, with its error if it fails.

    While it runs, nothing is removed from the store by others.

    Parameters
    ----------
    store
        Folder of the store; made where there is none.
    kind
        The kind of run.
    configuration
        What it was told to do.
    seed
        Of its random choices, if it makes any.
    alone
        Whether it removes things, and wants nobody else at work.

    Raises
    ------
    StoreUnwritable
        Before the block, if the store cannot be written.
    StoreBusy
        Before the block, if others are at work that it cannot share the store with, or wait for.
    """
    opened = Store.create(store)
    run_id = str(flow_run.id or uuid.uuid4())
    presence = (
        removing_alone(opened.backend, kind, run_id)
        if alone
        else at_work(opened.backend, kind, run_id, on_wait=tell)
    )
    with presence, recorded(opened, run_id, kind, configuration, seed) as draft:
        yield draft


@contextmanager
def recorded(
    opened: Store, run_id: str, kind: str, configuration: Mapping[str, Any], seed: int | None
) -> Iterator[RunDraft]:
    """Append the block's run to the ledger, and nothing else: for whoever is at work before and after it."""
    draft = RunDraft()
    started_at, started = datetime.now(UTC), time.monotonic()

    def record(status: str, error: BaseException | None = None) -> None:
        run = Run(
            run_id=run_id,
            kind=kind,
            status=status,
            error=f"{type(error).__name__}: {error}" if error else None,
            started_at=started_at,
            seconds=round(time.monotonic() - started, 3),
            configuration=configuration,
            seed=seed,
            inputs=draft.inputs,
            outputs=draft.outputs,
            verdict=draft.verdict,
            details=draft.details,
        )
        opened.ledger.record(run, current_environment())

    try:
        yield draft
    except BaseException as error:
        try:
            record("failed", error)
        except Exception as in_ledger:  # what stopped the run matters more
            error.add_note(f"and the ledger could not be told: {in_ledger}")
        raise
    record("completed")
