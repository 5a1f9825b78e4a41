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
from typing import Any

from shls_core.errors import SampleError
from storage.objects.objects import ObjectStore
from storage.rows.shards import read_columns, read_columns_of_all
from storage.rows.stage_artifact import RowAddress
from tasks.planning.shard_job import KeyedRow, KnownRow
from tasks.planning.sources.fetching import photograph_at_hand
from tasks.planning.stage_plan import StagePlan
from tasks.stages.stage import Row

_TO_BE_MADE = "to be made: "


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
        columns = [column for column in columns if column not in ("sample_id", "digest")]  # in the address
        found = [*self._made(columns), *self._to_be_made(columns)]
        return sorted(found, key=lambda item: item[0].sample_id)

    def rejected_reasons(self) -> dict[str, int]:
        """Return how many rows are rejected, or foreseen to be, for each reason, most frequent first."""
        shards = dict.fromkeys(known.shard for known, _ in self._places)
        tables = read_columns_of_all(self._objects, list(shards), ["rejected"])
        reasons = dict(zip(shards, (table["rejected"].to_pylist() for table in tables), strict=True))
        counts = Counter(reasons[known.shard][known.index] for known, _ in self._places)
        counts.update(row for _, row in self._foretold if isinstance(row, str))
        del counts[None]
        return dict(counts.most_common())

    def _made(self, columns: Sequence[str]) -> list[tuple[RowAddress, dict[str, Any]]]:
        tables: dict[str, list[dict[str, Any]]] = {}
        found = []
        for known, item in self._places:
            if known.shard not in tables:
                table = read_columns(self._objects, known.shard, ["digest", *columns])
                tables[known.shard] = table.to_pylist()
            row = dict(tables[known.shard][known.index])
            digest = row.pop("digest")
            if digest is not None:
                sample_id = item.plan.sample_id
                address = RowAddress(self._plan.stage.name, sample_id, digest, known.shard, known.index)
                found.append((address, row))
        return found

    @cached_property
    def _places(self) -> list[tuple[KnownRow, KeyedRow]]:
        # Rows have the same order in a shard as in its plan: by sample id.
        places = (
            (KnownRow(shard.ref.digest, index) if shard.ref else row.known, row)
            for shard in self._plan.shards
            for index, row in enumerate(shard.rows)
        )
        return [(place, row) for place, row in places if place]

    def _to_be_made(self, columns: Sequence[str]) -> list[tuple[RowAddress, dict[str, Any]]]:
        found = []
        for item, row in self._foreseen:
            unknown = set(columns) - row.keys()
            assert not unknown, f"{self._plan.stage.name} does not foresee {sorted(unknown)}"
            address = RowAddress(
                self._plan.stage.name, item.plan.sample_id, _TO_BE_MADE + item.key, shard="", index=-1
            )
            found.append((address, {column: row[column] for column in columns}))
        return found

    @property
    def _foreseen(self) -> list[tuple[KeyedRow, Row]]:
        return [(item, row) for item, row in self._foretold if not isinstance(row, str)]

    @cached_property
    def _foretold(self) -> list[tuple[KeyedRow, Row | str]]:
        items = [item for shard in self._plan.stale for item in shard.rows if item.known is None]
        with ThreadPoolExecutor(os.cpu_count()) as threads:  # photographs are decoded
            rows = threads.map(self._foresee, items)
            return list(zip(items, rows, strict=True))

    def _foresee(self, item: KeyedRow) -> Row | str:
        """Return the columns of a row that are known before it is made; the reason if it will be rejected."""
        stage, plan = self._plan.stage, item.plan
        try:
            with photograph_at_hand(plan) as reachable:
                return {"source_ids": list(plan.source_ids), **stage.notes(plan), **stage.foresee(reachable)}
        except SampleError as error:
            return error.reason


def is_to_be_made(address: RowAddress) -> bool:
    """Return whether an address is of a row that does not exist yet."""
    return address.digest.startswith(_TO_BE_MADE)
