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
from storage.store import Store


@dataclass
class RunDraft:
    """What a flow fills in while it runs."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    verdict: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def recorded_run(store: str, kind: str, configuration: Mapping[str, Any], seed: int) -> Iterator[RunDraft]:
    """Append the block's run to the ledger of a store, with its error if it fails.

    Raises
    ------
    StoreUnwritable
        Before the block, if the store cannot be written.
    """
    opened = Store.create(store)
    draft = RunDraft()
    started_at, started = datetime.now(UTC), time.monotonic()

    def record(status: str, error: BaseException | None = None) -> None:
        run = Run(
            run_id=flow_run.id or str(uuid.uuid4()),
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
