"""The names of a run and its job."""

import os
from typing import NamedTuple

from storage.tables.ledger import Run


class RunName(NamedTuple):
    """A run, and the job that it is a run of."""

    run_id: str
    namespace: str
    job: str


def run_name(run: Run) -> RunName:
    """Return the names of a run: its job is the kind, after the name in its configuration if it has one."""
    namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or "shls-pipelines"
    name = run.configuration.get("name")
    return RunName(run.run_id, namespace, f"{name}.{run.kind}" if name else run.kind)
