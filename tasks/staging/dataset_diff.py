"""What differs between two datasets: sources, how their stages were made, rows, statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shls_core.files.skipped_counts import SkippedCount
from storage.canonical import short
from storage.gate.drift import Drift
from storage.gate.verdicts import newest_verdict
from storage.records.tombstones import ERASED
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from storage.tables.runs_by_artifact import RunsByArtifact
from tasks.planning.baseline import Baseline
from tasks.planning.making import Making, changes
from tasks.planning.reasons import Reason
from tasks.staging.drift import bounds_of, drift_in_store


class _Difference(BaseModel):
    model_config = ConfigDict(frozen=True)


class NamesDifference(_Difference):
    """File names of photographs or videos, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """The same file name with other bytes."""
    withdrawn: tuple[str, ...] = ()


class RowCounts(_Difference):
    """Accepted rows, by sample id and content."""

    same: int
    changed: int
    added: int
    withdrawn: int


class Statistic(_Difference):
    """One figure of a statistic on both sides; None if a side has no such statistic."""

    name: str
    figure: Literal["min", "mean", "max"]
    before: float | None
    after: float | None


class StageDifference(_Difference):
    """One stage of the two datasets."""

    name: str
    is_same: bool
    """Whether both have the same artifact."""
    making: tuple[Reason, ...]
    """Differences of parameters, code, packages and schema."""
    rows: RowCounts
    rejected: tuple[int, int]
    """Number of rejected rows, before and after."""
    skipped: tuple[tuple[SkippedCount, ...], tuple[SkippedCount, ...]]
    """What was among the sources and has no row, before and after."""
    statistics: tuple[Statistic, ...]
    """Those that differ."""


class DatasetDifference(_Difference):
    """Two datasets side by side."""

    before: str
    after: str
    verdicts: tuple[str | None, str | None]
    """Of the gate: ``passed``, ``failed``, or None if it never judged."""
    photographs: NamesDifference
    videos: NamesDifference
    stages: tuple[StageDifference, ...]
    """Those that both have."""
    stages_of_one: tuple[tuple[str, ...], tuple[str, ...]]
    """Those that the first alone has, and the second alone: one is from videos, too, for example."""
    drift: Drift
    """By the bounds with which the second was made."""


def compare_datasets(store: Store, before: str, after: str) -> DatasetDifference:
    """Compare the datasets that two references mean.

    Raises
    ------
    NameUnknown
        If a reference means none.
    """
    sides = Baseline.of(store, before), Baseline.of(store, after)
    return DatasetDifference(
        before=sides[0].dataset,
        after=sides[1].dataset,
        verdicts=(_verdict(store, sides[0].dataset), _verdict(store, sides[1].dataset)),
        photographs=_names(*(_id_by_name(side, PHOTOGRAPHS) for side in sides)),
        videos=_names(*(_id_by_name(side, VIDEOS) for side in sides)),
        stages=tuple(
            _stage_difference(store, sides[0].artifacts[stage], sides[1].artifacts[stage])
            for stage in sides[0].artifacts
            if stage in sides[1].artifacts
        ),
        stages_of_one=_stages_of_one(*(list(side.artifacts) for side in sides)),
        drift=_drift(store, sides[0].dataset, sides[1].dataset),
    )


def _drift(store: Store, before: str, after: str) -> Drift:
    bounds = bounds_of(RunsByArtifact(store.ledger.runs()).that_made(after))
    return drift_in_store(store, before, after, bounds)


def _stages_of_one(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        tuple(stage for stage in before if stage not in after),
        tuple(stage for stage in after if stage not in before),
    )


def _verdict(store: Store, dataset: str) -> str | None:
    verdict = newest_verdict(store, dataset)
    return None if verdict is None else "passed" if verdict.passed else "failed"


def _id_by_name(side: Baseline, kind: SourceKind) -> dict[str, str]:
    """Return the sources of a kind by file name; those that were erased, by the beginning of their ids."""
    if kind.stage not in side.there:
        return {}
    rows = side.there[kind.stage].table(["sample_id", "source_ids", "file_name", "rejected"]).to_pylist()
    if kind == VIDEOS:  # a video has several rows
        rows = [{**row, "sample_id": row["source_ids"][0]} for row in rows]
    erased = {short(row["sample_id"]): row["sample_id"] for row in rows if row["rejected"] == ERASED}
    return erased | {row["file_name"]: row["sample_id"] for row in rows if row["rejected"] != ERASED}


def _names(before: Mapping[str, str], after: Mapping[str, str]) -> NamesDifference:
    both = before.keys() & after.keys()
    return NamesDifference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(name for name in both if before[name] != after[name])),
        withdrawn=tuple(sorted(before.keys() - after.keys())),
    )


def _stage_difference(store: Store, before: StageArtifact, after: StageArtifact) -> StageDifference:
    manifests = before.manifest, after.manifest
    return StageDifference(
        name=manifests[0].stage,
        is_same=before.id == after.id,
        making=tuple(changes(*(Making.recorded(store.objects, manifest) for manifest in manifests))),
        rows=_row_counts(before, after),
        rejected=(manifests[0].rejected, manifests[1].rejected),
        skipped=(manifests[0].skipped, manifests[1].skipped),
        statistics=tuple(_statistics(manifests[0].statistics, manifests[1].statistics)),
    )


def _row_counts(before: StageArtifact, after: StageArtifact) -> RowCounts:
    if before.id == after.id:
        return RowCounts(
            same=before.manifest.rows - before.manifest.rejected, changed=0, added=0, withdrawn=0
        )
    old, new = (
        {address.sample_id: address.digest for address, _ in side.accepted()} for side in (before, after)
    )
    both = old.keys() & new.keys()
    same = sum(old[name] == new[name] for name in both)
    return RowCounts(
        same=same, changed=len(both) - same, added=len(new) - len(both), withdrawn=len(old) - len(both)
    )


def _statistics(
    before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]
) -> list[Statistic]:
    sides = [
        Statistic(
            name=name,
            figure=figure,
            before=before.get(name, {}).get(figure),
            after=after.get(name, {}).get(figure),
        )
        for name in sorted({*before, *after})
        for figure in ("min", "mean", "max")
    ]
    return [side for side in sides if side.before != side.after]
