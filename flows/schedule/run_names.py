"""Names of runs that a person can read in a list."""

from collections.abc import Mapping
from typing import Any

from prefect.runtime import flow_run

from storage.canonical import short

_ID_LENGTH = 64


def run_name() -> str:
    """Return the name of the run at work: ``train stills on 990191e57431``."""
    return name_of(flow_run.flow_name or "run", flow_run.parameters or {})


def name_of(flow: str, parameters: Mapping[str, Any]) -> str:
    """Return the name of a run of a flow with parameters.

    Examples
    --------
    >>> name_of("train", {"config": "stills", "dataset": "stills@v3"})
    'train stills on stills@v3'
    >>> name_of("evaluate", {"checkpoint": "de505c8ebbce" + "0" * 52})
    'evaluate de505c8ebbce'
    """
    words = [flow, parameters.get("config"), _shown(parameters.get("checkpoint"))]
    if dataset := _shown(parameters.get("dataset")):
        words += ["on", dataset]
    return " ".join(str(word) for word in words if word)


def _shown(reference: str | None) -> str | None:
    return short(reference) if reference and len(reference) == _ID_LENGTH else reference
