"""The event of a run, made from its facts for the ledger and the manifests of what it read and made."""

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
    """Return the event that a run reached a state.

    Parameters
    ----------
    store
        Where the inputs and outputs of the run are.
    state
        START, or one of COMPLETE, FAIL and ABORT.
    run
        Its facts, as the ledger records them.
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
