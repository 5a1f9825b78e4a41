"""Drift at the time of publication, and after it: which two datasets are compared, and by which bounds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import ValidationError

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.gate.drift import Drift, drift_between
from storage.gate.drift_config import DriftConfig
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.names import PUBLISHED
from storage.withdrawal.deny_list import withdrawn
from tasks.runs.outcomes import DriftOutcome


class EarlierVersion(NamedTuple):
    """The version that a dataset is compared with."""

    name: str
    """``NAME@vN``."""
    dataset: str


def drift_in_store(store: Store, before: str, after: str, bounds: DriftConfig) -> Drift:
    """Compare two datasets of a store: what was erased or withdrawn by order is no drift.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        As `drift_between`.
    """
    return drift_between(store.with_stand_ins(), before, after, bounds, withdrawn(store).keys())


def drift_from_last(
    store: Store, dataset: str, name: str, config: DriftConfig
) -> tuple[DriftOutcome, Drift | None]:
    """Compare a dataset with what a name means now, before the dataset is published under it.

    Returns
    -------
    tuple of DriftOutcome and Drift
        What became of it, and the figures; None where nothing was compared.
    """
    versions = [row for row in store.names.rows() if row["name"] == name]
    if not versions:
        return DriftOutcome(verdict="first"), None
    last = EarlierVersion(f"{name}@v{versions[-1]['version']}", versions[-1]["digest"])
    outcome = DriftOutcome(verdict="same", against=last.dataset, name=last.name)
    if last.dataset == dataset:
        return outcome, None
    try:
        drift = drift_in_store(store, last.dataset, dataset, config)
    except (ObjectMissing, ObjectCorrupted) as error:  # a new version is how a damaged store is mended
        return outcome.model_copy(update={"verdict": "not compared", "reasons": (str(error),)}), None
    verdict = "passed" if not drift.failures else "held back" if config.enforced else "accepted"
    judged = {"verdict": verdict, "reasons": tuple(map(str, drift.failures))}
    return outcome.model_copy(update=judged), drift


def line_of(outcome: DriftOutcome, drift: Drift | None) -> str:
    """Return in one line what was compared, and how far apart it was."""
    if outcome.verdict == "first":
        return "nothing to compare with: the first version under this name"
    if outcome.verdict == "same":
        return f"none: {outcome.name} is this dataset"
    if outcome.verdict == "not compared":
        return f"not compared with {outcome.name}: {outcome.reasons[0]}"
    assert drift is not None
    judged = [shift for shift in drift.shifts if shift.allowed is not None]
    num_within = len(judged) - len(drift.failures)
    within = f"{num_within} of {len(judged)} figures within their bounds" if judged else ""
    unjudged = "; ".join(f"{stage} not judged, {why}" for stage, why in drift.not_judged.items())
    return f"from {outcome.name}: {'; '.join(filter(None, (within, unjudged)))}"


def earlier_version(store: Store, dataset: str, runs: Sequence[Row]) -> EarlierVersion | None:
    """Return what a dataset was compared with when it was made; None for a first version.

    Parameters
    ----------
    store
        Where it is.
    dataset
        Its id.
    runs
        The runs that made it, or found it already made, oldest first.
    """
    for run in runs:
        found = json.loads(run["details"]).get("drift") or {}
        if found.get("against") not in (None, dataset):
            return EarlierVersion(found["name"], found["against"])
    rows = store.names.rows()
    first = next((row for row in rows if row["digest"] == dataset and row["kind"] == PUBLISHED), None)
    if first is None or first["version"] == 1:
        return None
    name, version = first["name"], first["version"] - 1
    before = next(row for row in rows if (row["name"], row["version"]) == (name, version))
    return EarlierVersion(f"{name}@v{version}", before["digest"])


def bounds_of(runs: Sequence[Row]) -> DriftConfig:
    """Return the bounds of the newest of some runs; the defaults where none has any."""
    for run in reversed(runs):
        section = (json.loads(run["configuration"]).get("gate") or {}).get("drift")
        if section:
            try:
                return DriftConfig.model_validate(section)
            except ValidationError:  # of another version of the project
                continue
    return DriftConfig()
