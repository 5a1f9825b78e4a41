"""Facets of a run: the runs it is a part of, its configuration, and its result."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    execution_parameters_run,
    parent_run,
    processing_engine_run,
    tags_run,
)

from storage.provenance.environment import Environment, package_version
from storage.tables.ledger import Run
from tasks.openlineage.catalogue import Catalogue
from tasks.openlineage.destination import PACKAGE
from tasks.openlineage.quality import gate_facet
from tasks.openlineage.run_name import RunName
from tasks.openlineage.source_code import running_flow


def run_facets(
    run: Run, environment: Environment, outer: Sequence[RunName], catalogue: Catalogue
) -> dict[str, RunFacet]:
    """Return the facets of a run.

    Parameters
    ----------
    run
        Its facts, as the ledger records them.
    environment
        Where it runs.
    outer
        The runs it is a part of, outermost first.
    catalogue
        Finds what it made.
    """
    facets: dict[str, RunFacet] = {
        "processing_engine": _engine(),
        "executionParameters": _parameters(run.configuration),
        "tags": _tags(run, environment),
    }
    if outer:
        facets["parent"] = _parent(outer)
    if run.error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=run.error, programmingLanguage="PYTHON"
        )
    if run.verdict and (tests := gate_facet(catalogue, run.outputs)):
        facets["test"] = tests
    return facets


def _engine() -> RunFacet:
    name, version = (
        ("Prefect", package_version("prefect")) if running_flow() else ("Python", platform.python_version())
    )
    return processing_engine_run.ProcessingEngineRunFacet(
        version=version, name=name, openlineageAdapterVersion=package_version(PACKAGE)
    )


def _parent(outer: Sequence[RunName]) -> RunFacet:
    root, parent = outer[0], outer[-1]
    return parent_run.ParentRunFacet(
        run=parent_run.Run(parent.run_id),
        job=parent_run.Job(parent.namespace, parent.job),
        root=parent_run.Root(
            run=parent_run.RootRun(root.run_id), job=parent_run.RootJob(root.namespace, root.job)
        ),
    )


def _parameters(configuration: Mapping[str, Any]) -> RunFacet:
    return execution_parameters_run.ExecutionParametersRunFacet(
        parameters=[
            execution_parameters_run.ExecutionParameter(key=key, value=value)
            for key, value in _flat("", configuration)
        ]
    )


def _flat(prefix: str, section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every value of a configuration under its dotted key; a value that is not text becomes JSON."""
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def _tags(run: Run, environment: Environment) -> RunFacet:
    """Return the facts of the ledger that no other facet has a place for."""
    facts = {
        "seed": run.seed,
        "verdict": run.verdict,
        "code_dirty": environment.code_dirty,
        "lock_digest": environment.lock_digest,
    }
    return tags_run.TagsRunFacet(
        tags=[
            tags_run.TagsRunFacetFields(
                key, value if isinstance(value, str) else json.dumps(value), source="SHLS"
            )
            for key, value in facts.items()
            if value is not None
        ]
    )
