"""The event of a run, made of what the ledger is told of it and of the manifests of what it read and made."""

from collections.abc import Sequence
from datetime import UTC, datetime

from openlineage.client.event_v2 import Job, RunEvent, RunState
from openlineage.client.event_v2 import Run as EventRun

from storage.provenance.environment import current_environment
from storage.store import Store
from storage.tables.ledger import Run
from tasks.openlineage.catalogue import Catalogue
from tasks.openlineage.datasets import input_datasets, output_datasets
from tasks.openlineage.job_facets import job_facets
from tasks.openlineage.run_facets import run_facets
from tasks.openlineage.run_name import RunName, run_name


def run_event(store: Store, state: RunState, run: Run, outer: Sequence[RunName]) -> RunEvent:
    """Return the event that a run came to a state.

    Parameters
    ----------
    store
        Where what the run read and made lies.
    state
        START, or one of COMPLETE, FAIL and ABORT.
    run
        What the ledger is told of it.
    outer
        The runs it is a part of, outermost first.
    """
    catalogue = Catalogue(store, run.configuration.get("name"))
    environment = current_environment()
    _, namespace, job = run_name(run)
    is_start = state is RunState.START
    return RunEvent(
        eventType=state,
        eventTime=(run.started_at if is_start else datetime.now(UTC)).isoformat(timespec="milliseconds"),
        run=EventRun(run.run_id, run_facets(run, environment, outer, catalogue)),
        job=Job(namespace, job, job_facets(run.kind, environment)),
        inputs=input_datasets(catalogue, run),
        outputs=output_datasets(catalogue, run),
    )
