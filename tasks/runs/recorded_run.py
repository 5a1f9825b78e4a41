"""Records every run in the ledger, whether it succeeds or not, and sends events about it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prefect.runtime import flow_run

from shls_core.foreign_text import redacted, redacted_values
from storage.files.jobs import exclusive_removal, running_job
from storage.kinds import RunKind
from storage.provenance.environment import current_environment
from storage.store import Store
from storage.tables.ledger import Run
from tasks.runs.run_draft import RunDraft
from tasks.runs.usage import Measurement, measured
from tasks.terminal import log_event, log_fields, print_line

if TYPE_CHECKING:
    from tasks.openlineage.emission import RunFacts


@contextmanager
def recorded_run(
    store: Store, kind: RunKind, configuration: Mapping[str, Any], seed: int | None, alone: bool = False
) -> Iterator[RunDraft]:
    """Append the block's run to the ledger of a store, with its error if it fails.

    While it runs, no other run removes anything from the store. Events are sent when it starts and when it
    ends (`tasks.openlineage`).

    Parameters
    ----------
    store
        The store, open.
    kind
        The kind of run.
    configuration
        Its configuration.
    seed
        Of its random choices, if it makes any.
    alone
        Whether it removes things, so that no other job may be at work.

    Raises
    ------
    StoreUnwritable
        Before the block, if the store cannot be written.
    StoreBusy
        Before the block, if other jobs are at work that it can neither share the store with nor wait for.
    """
    run_id = _run_id()
    presence = (
        exclusive_removal(store.backend, kind, run_id)
        if alone
        else running_job(store.backend, kind, run_id, on_wait=print_line)
    )
    with presence, recorded(store, run_id, kind, configuration, seed) as draft:
        yield draft


@contextmanager
def recorded(
    store: Store, run_id: str, kind: RunKind, configuration: Mapping[str, Any], seed: int | None
) -> Iterator[RunDraft]:
    """Append the block's run to the ledger and send its events, for a caller that is at work as a job."""
    # Here, not above: most commands only read.
    from tasks.openlineage.emission import run_events

    draft = RunDraft()
    with measured() as measurement:
        facts = _facts(draft, run_id, kind, configuration, seed, measurement)
        logged = log_fields(run=run_id, kind=str(kind))
        with run_events(store, facts), _in_ledger(store, facts), draft.at_work(), logged:
            yield draft


@contextmanager
def composed_run(
    store: Store, kind: RunKind, configuration: Mapping[str, Any], seed: int | None
) -> Iterator[None]:
    """Make the runs of the block one job, for garbage collection and for events.

    It has no entry of its own in the ledger; its runs have.

    Parameters
    ----------
    store
        The store, open.
    kind
        The kind of run.
    configuration
        Its configuration.
    seed
        Of its random choices, if it makes any.

    Raises
    ------
    StoreUnwritable, StoreBusy
        As for `recorded_run`.
    """
    from tasks.openlineage.emission import run_events

    run_id = _run_id()
    with running_job(store.backend, kind, run_id, on_wait=print_line):
        facts = _facts(RunDraft(), run_id, kind, configuration, seed, None)
        with run_events(store, facts):
            yield


def _run_id() -> str:
    return str(flow_run.id or uuid.uuid4())


def _facts(
    draft: RunDraft,
    run_id: str,
    kind: RunKind,
    configuration: Mapping[str, Any],
    seed: int | None,
    measurement: Measurement | None,
) -> RunFacts:
    """Return the function that returns the facts of a run that starts now, at the time of each call."""
    started_at, started = datetime.now(UTC), time.monotonic()

    def facts(status: str, error: BaseException | None) -> Run:
        used = {"usage": measurement.usage().model_dump()} if measurement else {}
        return Run(
            run_id=run_id,
            kind=kind,
            status=status,
            error=redacted(f"{type(error).__name__}: {error}") if error else None,
            started_at=started_at,
            seconds=round(time.monotonic() - started, 3),
            configuration=redacted_values(configuration),
            seed=seed,
            inputs=draft.inputs,
            outputs=draft.outputs,
            verdict=draft.verdict,
            details=redacted_values(draft.details) | used,
        )

    return facts


@contextmanager
def _in_ledger(store: Store, facts: RunFacts) -> Iterator[None]:
    begun = facts("running", None)
    log_event("run began", run=begun.run_id, kind=begun.kind)
    try:
        yield
    except BaseException as error:
        ended = facts("failed", error)
        _log_end(ended)
        try:
            store.ledger.record(ended, current_environment())
        except Exception as in_ledger:  # the error that stopped the run matters more
            error.add_note(f"and the ledger could not be told: {in_ledger}")
        raise
    ended = facts("completed", None)
    store.ledger.record(ended, current_environment())
    _log_end(ended)


def _log_end(run: Run) -> None:
    said = run.model_dump(mode="json", include={"kind", "status", "error", "seconds", "outputs", "verdict"})
    level = "error" if run.error else "info"
    log_event("run ended", level, run=run.run_id, **said, usage=run.details.get("usage"))
