"""The file names of the sources of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from storage.canonical import short
from storage.rows.source_kinds import SOURCE_STAGES
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan


class FileNames:
    """The file name of a photograph or a video, for it and for the rows that descend from it."""

    def __init__(self, plan: DatasetPlan, baseline: Baseline | None) -> None:
        self._plan, self._baseline = plan, baseline

    @cached_property
    def _names(self) -> dict[str, str]:
        """All of them; a plan without anything to make asks for none."""
        names: dict[str, str] = {}
        for stage in SOURCE_STAGES:
            earlier = self._baseline.sources(stage) if self._baseline else {}
            names |= {name: row["file_name"] for name, row in earlier.items()}
        for planned in self._plan.stages:
            if not planned.stage.reads:
                rows = (row.plan for shard in planned.shards for row in shard.rows)
                names |= {row.sample_id: row.decided["file_name"] for row in rows}
        return names

    def of(self, source_ids: Iterable[str]) -> str:
        """Return the file name of the first of some sources: the one a row is mostly about."""
        first = next(iter(source_ids))
        return str(self._names.get(first, short(first)))
