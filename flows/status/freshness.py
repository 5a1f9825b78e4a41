"""Whether the newest dataset of a name is still what its configuration and its folders give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from flows.configuration import PipelineConfig
from flows.stages import stages_to_build
from shls_core.errors import ShlsError
from storage.kinds import RunKind
from storage.sources.bucket import is_address
from storage.store import Store
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset
from tasks.planning.file_names import FileNames
from tasks.planning.sources.places import Written
from tasks.planning.staleness import Staleness
from tasks.upkeep.store_status import StatusPart, name_of

_REASONS = 4


class Freshness(StatusPart):
    """Whether a dataset is fresh."""

    state: Literal["fresh", "stale", "unknown", "not asked"]
    reasons: tuple[str, ...] = ()
    """Why it is stale, or why that is not known."""
    since: str | None = None
    """When the oldest of the files arrived that it does not have, UTC; None if files are not the reason."""


def freshness(store: Store, name: str, newest: str) -> Freshness:
    """Plan the dataset of a name again, as its last completed run did, and compare.

    Photographs and videos are read and hashed as for a build; nothing is written.

    Parameters
    ----------
    store
        An open store.
    name
        The name.
    newest
        Id of the dataset that it means now.
    """
    try:
        config = recorded_configuration(store, name)
    except ValidationError:
        return _unknown("another version of the project recorded its configuration")
    if config is None:
        return _unknown("no completed run of this store built it")
    try:
        stages = stages_to_build(config, store.location)
        plan = plan_dataset(store, stages, config.staging.rows_per_shard)
        baseline = Baseline.of(store, newest)
        if not any(stage.stale for stage in plan.stages):
            return _whole(plan, newest)
        names = FileNames(plan, baseline)
        reasons = [
            str(reason)
            for stage in plan.stages
            for reason in Staleness(plan, stage, baseline, names).of_stage()
        ]
    except (ShlsError, OSError) as error:
        return _unknown(str(error))
    return Freshness(
        state="stale",
        reasons=tuple(dict.fromkeys(reasons))[:_REASONS],
        since=min(_arrivals(plan, baseline), default=None),
    )


def recorded_configuration(store: Store, name: str) -> PipelineConfig | None:
    """Return the configuration of the last completed dataset run of a name; None if there was none.

    Raises
    ------
    pydantic.ValidationError
        If another version of the project recorded it.
    """
    for run in reversed(store.ledger.runs()):
        if run["kind"] == RunKind.DATASET and run["status"] == "completed" and name_of(run) == name:
            return PipelineConfig.model_validate_json(run["configuration"])
    return None


def _whole(plan: DatasetPlan, newest: str) -> Freshness:
    if plan.dataset_id() == newest:
        return Freshness(state="fresh")
    why = "its rows are made and were not published: the last run failed"
    return Freshness(state="stale", reasons=(why,))


def _unknown(why: str) -> Freshness:
    return Freshness(state="unknown", reasons=(why,))


def _arrivals(plan: DatasetPlan, baseline: Baseline) -> Iterator[str]:
    """Yield when each file arrived that the dataset does not have: when its entry in the folder changed."""
    for stage in plan.stages:
        known = baseline.sources(stage.stage.name) if not stage.stage.reads else {}
        for row in (row.plan for shard in stage.shards for row in shard.rows):
            if row.location and row.sample_id not in known:
                yield from _arrived(row.location, stage.wanted.objects)


def _arrived(location: str, objects: Mapping[str, Written]) -> Iterator[str]:
    if location in objects:
        at = objects[location].at
    elif not is_address(location) and Path(location).exists():
        at = Path(location).stat().st_ctime
    else:
        return
    yield datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
