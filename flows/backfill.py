"""Backfill: the datasets of several names and configurations, each planned and priced, then built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from flows.configuration import PipelineConfig, load_config
from flows.stages import stages_to_build
from flows.status.freshness import recorded_configuration
from shls_core.errors import InputError, NameUnknown, ShlsError
from storage.store import Store
from storage.tables.names import NAME_PATTERN
from tasks.staging.plan_report import PlanReport, plan_report

_REASONS = 2


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Price(_Part):
    """What the dataset of one name will cost.

    Attributes
    ----------
    status : str
        ``fresh``: it is what the name means, nothing is to do; ``stale``; ``unknown``: it cannot be planned.
    seconds, bytes_to_write : float or None
        Estimates; None if unknown.
    reasons : tuple of str
        Why it is stale.
    error : str or None
        Why it cannot be planned.
    """

    name: str
    status: Literal["fresh", "stale", "unknown"]
    rows: int = 0
    rows_to_compute: int = 0
    seconds: float | None = None
    bytes_to_write: int | None = None
    workers: int = 1
    reasons: tuple[str, ...] = ()
    error: str | None = None


class Filled(_Part):
    """What became of one name."""

    name: str
    status: Literal["published", "fresh", "failed"]
    dataset: str | None = None
    published: str | None = None
    """``NAME@vN``."""
    error: str | None = None


def configurations(
    items: Sequence[str], location: str, change: Callable[[PipelineConfig], PipelineConfig]
) -> dict[str, PipelineConfig]:
    """Return the configuration of every item, by name.

    Parameters
    ----------
    items
        ``NAME=CONFIG``: a configuration file, or one of the project's own, under a name. ``NAME``: the
        configuration with which the name was built last in the store; the bounds of drift are enforced.
    location
        The store; it need not exist where every item has a configuration.
    change
        Applied to each.

    Raises
    ------
    InputError
        If an item is neither, or a name is there twice.
    ConfigError
        If a configuration cannot be used.
    NameUnknown
        If a name alone was never built.
    """
    found: dict[str, PipelineConfig] = {}
    for item in items:
        name, equals, config = item.partition("=")
        if not re.fullmatch(NAME_PATTERN, name) or (equals and not config):
            raise InputError(f"expected NAME or NAME=CONFIG, got {item!r}")
        if name in found:
            raise InputError(f"expected every name once, got {name} twice")
        chosen = load_config(config) if equals else _recorded(location, name)
        found[name] = change(chosen.model_copy(update={"name": name}))
    return found


def prices(configs: dict[str, PipelineConfig], location: str) -> Iterator[Price]:
    """Plan every dataset and yield what it will cost; nothing is written."""
    for name, config in configs.items():
        try:
            stages = stages_to_build(config, location)
            report = plan_report(location, name, stages, config.staging, config.execution)
        except (ShlsError, OSError) as error:
            yield Price(name=name, status="unknown", error=str(error))
            continue
        yield _price(report, config)


def filled(price: Price, config: PipelineConfig, location: str) -> Filled:
    """Build the dataset of one name; an error is part of the result, so that the others are built."""
    from flows.regenerate import regenerate  # imports Prefect

    if price.status == "fresh":
        return Filled(name=price.name, status="fresh")
    if price.status == "unknown":
        return Filled(name=price.name, status="failed", error=price.error)
    try:
        outcome = regenerate(config, location)
    except (ShlsError, OSError) as error:
        return Filled(name=price.name, status="failed", error=str(error))
    return Filled(name=price.name, status="published", dataset=outcome.dataset, published=outcome.name)


def _recorded(location: str, name: str) -> PipelineConfig:
    try:
        found = recorded_configuration(Store.open(location), name)
    except ValidationError as error:
        raise InputError(
            f"expected {name}=CONFIG: another version of the project recorded the configuration of {name}"
        ) from error
    if found is None:
        raise NameUnknown(f"expected {name}=CONFIG: no completed run of this store built {name}")
    # Drift is accepted of one version; of the next one somebody has to accept it again.
    return found.with_changes(
        gate={"drift": {**found.gate.drift.model_dump(), "enforced": True}}, execution={"rehash": False}
    )


def _price(report: PlanReport, config: PipelineConfig) -> Price:
    is_done = report.is_fresh and report.dataset is not None and report.dataset == report.against
    reasons = [str(reason) for stage in report.stages for reason in stage.reasons]
    if report.is_fresh and not is_done:
        reasons = ["made, and not published under this name"]
    unknown = any(stage.bytes_to_write is None for stage in report.stages)
    return Price(
        name=report.name,
        status="fresh" if is_done else "stale",
        rows=sum(stage.rows for stage in report.stages),
        rows_to_compute=report.rows_to_compute,
        seconds=report.seconds,
        bytes_to_write=None if unknown else report.bytes_to_write,
        workers=config.execution.most_workers if config.execution.backend == "ray" else 1,
        reasons=tuple(dict.fromkeys(reasons))[:_REASONS],
    )
