"""The file names of the sources of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from storage.canonical import short
from storage.rows.source_kinds import SOURCE_STAGES
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan


class FileNames:
    """The file name of a photograph or a video, for it and for the rows that descend from it."""

    def __init__(self, plan: DatasetPlan, baseline: Baseline | None) -> None:
        self._names: dict[str, str] = {}
        for stage in SOURCE_STAGES:
            earlier = baseline.sources(stage) if baseline else {}
            self._names |= {name: row["file_name"] for name, row in earlier.items()}
        for planned in plan.stages:
            if not planned.stage.reads:
                rows = (row.plan for shard in planned.shards for row in shard.rows)
                self._names |= {row.sample_id: row.decided["file_name"] for row in rows}

    def of(self, source_ids: Iterable[str]) -> str:
        """Return the file name of the first of some sources: the one a row is mostly about."""
        first = next(iter(source_ids))
        return str(self._names.get(first, short(first)))
