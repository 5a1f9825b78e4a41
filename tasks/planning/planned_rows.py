"""The rows of a planned stage, used instead of its artifact, so that the stages after it can be planned too.

Rows in the store are read. A row still to be made has the columns that its stage can foresee, and a
placeholder instead of its digest, so that every row that reads it has to be made, too. If the stage cannot
foresee a rejection, the row counts as accepted: a plan that depends on rows to be made is an upper limit of
the work.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import islice
from typing import Any

import pyarrow as pa

from shls_core.errors import SampleError
from storage.objects.objects import ObjectStore
from storage.rows.accepted_table import AcceptedColumns, AcceptedTable, numbers_until
from storage.rows.shards import read_columns, read_columns_of_all
from storage.rows.stage_artifact import RowAddress
from tasks.planning.shard_job import KeyedRow
from tasks.planning.sources.fetching import photograph_at_hand
from tasks.planning.stage_plan import StagePlan
from tasks.stages.stage import Row

_TO_BE_MADE = "to be made: "
_FORESEEN_AT_ONCE = 4096


class PlannedRows:
    """The rows that a stage will have, as far as they are known before it runs.

    Parameters
    ----------
    objects
        Where the rows are that exist already.
    plan
        The plan of the stage.
    """

    def __init__(self, objects: ObjectStore, plan: StagePlan) -> None:
        self._objects = objects
        self._plan = plan

    def accepted(self, columns: Sequence[str] = ()) -> list[tuple[RowAddress, dict[str, Any]]]:
        """Return the address and some columns of every row that will be accepted, by ascending sample id."""
        return self.accepted_table(columns).items()

    def accepted_table(self, columns: Sequence[str] = ()) -> AcceptedTable:
        """Return what `accepted` returns, as columns."""
        found = AcceptedColumns(self._plan.stage.name, self._plan.stage.schema.arrow, columns)
        wanted = ["sample_id", "digest", *found.columns]
        fresh = [shard.ref.digest for shard in self._plan.shards if shard.ref]
        for digest, table in zip(fresh, read_columns_of_all(self._objects, fresh, wanted), strict=True):
            found.add(table, digest, numbers_until(len(table)))
        for digest, indices in self._copied.items():
            places = pa.array(indices, pa.int32())
            found.add(read_columns(self._objects, digest, wanted).take(places), digest, places)
        for table in self._to_be_made:
            unknown = sorted(set(found.columns).difference(table.column_names))
            assert not unknown, f"{self._plan.stage.name} does not foresee {unknown}"
            found.add(table.select(wanted), None, pa.array([-1] * len(table), pa.int32()))
        return found.table()

    def rejected_reasons(self) -> dict[str, int]:
        """Return how many rows are rejected, or foreseen to be, for each reason, most frequent first."""
        counts = Counter(self._foreseen_to_be_rejected)
        with_rejected = [shard.ref.digest for shard in self._plan.shards if shard.ref and shard.ref.rejected]
        for table in read_columns_of_all(self._objects, with_rejected, ["rejected"]):
            counts.update(table["rejected"].drop_null().to_pylist())
        for digest, indices in self._copied.items():
            reasons = read_columns(self._objects, digest, ["rejected"])["rejected"].take(pa.array(indices))
            counts.update(reasons.drop_null().to_pylist())
        return dict(counts.most_common())

    @cached_property
    def _copied(self) -> dict[str, list[int]]:
        """The places of the rows of stale shards that exist, by shard."""
        places: dict[str, list[int]] = {}
        for shard in self._plan.stale:
            for row in shard.rows:
                if row.known:
                    places.setdefault(row.known.shard, []).append(row.known.index)
        return places

    @property
    def _to_be_made(self) -> list[pa.Table]:
        return self._foretold[0]

    @property
    def _foreseen_to_be_rejected(self) -> list[str]:
        return self._foretold[1]

    @cached_property
    def _foretold(self) -> tuple[list[pa.Table], list[str]]:
        """Rows to be made, as tables of the columns that the stage foresees, and reasons of rejection."""
        items = (row for shard in self._plan.stale for row in shard.rows if row.known is None)
        tables, reasons = [], []
        with ThreadPoolExecutor(os.cpu_count()) as threads:  # photographs are decoded
            while some := list(islice(items, _FORESEEN_AT_ONCE)):
                rows = list(threads.map(self._foresee, some))
                reasons += [row for row in rows if isinstance(row, str)]
                if seen := [row for row in rows if not isinstance(row, str)]:
                    tables.append(self._as_table(seen))
        return tables, reasons

    def _as_table(self, rows: list[Row]) -> pa.Table:
        schema = self._plan.stage.schema.arrow
        names = [name for name in schema.names if name in rows[0]]
        return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in names]))

    def _foresee(self, item: KeyedRow) -> Row | str:
        """Return the columns that the row will have, as far as they are known, or why it is rejected."""
        stage, plan = self._plan.stage, item.plan
        try:
            with photograph_at_hand(plan) as reachable:
                foreseen = stage.foresee(reachable)
            seen = {"source_ids": list(plan.source_ids), **stage.notes(plan), **foreseen}
        except SampleError as error:
            return error.reason
        return {**seen, "sample_id": plan.sample_id, "digest": _TO_BE_MADE + item.key}


def is_to_be_made(address: RowAddress) -> bool:
    """Return whether an address is of a row that does not exist yet."""
    return address.digest.startswith(_TO_BE_MADE)
