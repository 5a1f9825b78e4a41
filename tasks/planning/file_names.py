"""The file names of the photographs of a plan."""

from __future__ import annotations

from collections.abc import Iterable

from storage.canonical import short
from storage.rows.stage_names import INGEST
from tasks.planning.baseline import Baseline
from tasks.planning.dataset_plan import DatasetPlan


class FileNames:
    """The file name of a photograph, for it and for the rows that descend from it."""

    def __init__(self, plan: DatasetPlan, baseline: Baseline | None) -> None:
        self._names = (
            {name: row["file_name"] for name, row in baseline.photographs.items()} if baseline else {}
        )
        for shard in next(stage for stage in plan.stages if stage.stage.name == INGEST).shards:
            self._names |= {row.plan.sample_id: row.plan.decided["file_name"] for row in shard.rows}

    def of(self, source_ids: Iterable[str]) -> str:
        """Return the file name of the first of some photographs: the one a row is mostly about."""
        first = next(iter(source_ids))
        return str(self._names.get(first, short(first)))
