"""The unit of work: one shard. What a worker does with a job, and what it returns."""

import functools
from collections.abc import Sequence

from shls_core.errors import SampleError
from storage.kinds import shards_key
from storage.records.manifests import ShardRef
from storage.rows.shards import RowReader, put_shard
from storage.store import Store
from tasks.planning.shard_job import KeyedRow, ShardJob
from tasks.planning.sources.fetching import at_hand
from tasks.runs.at_work import working_on
from tasks.stages.input_reader import InputReader
from tasks.stages.reading_order import ReadInOrder
from tasks.stages.stage import Row, Stage


def make_shard(job: ShardJob) -> ShardRef:
    """Copy the rows that are known, compute the others, store the shard and record its key."""
    store, copied, inputs = _opened(job.store)
    columns = job.stage.schema.arrow.names
    rows = [
        copied.row(item.known.shard, item.known.index, columns)
        if item.known
        else compute_row(job.stage, item, inputs)
        for item in _in_order(job)
    ]
    shard = put_shard(store.objects, job.stage.schema.arrow, rows)
    store.keys.put(shards_key(job.stage.name), job.shard_key, shard.digest)
    return shard


def _in_order(job: ShardJob) -> Sequence[KeyedRow]:
    """Return rows in the order in which they are made; the shard sorts them by sample id."""
    stage = job.stage
    if isinstance(stage, ReadInOrder):
        return sorted(job.rows, key=lambda row: stage.place(row.plan))
    return job.rows


@functools.lru_cache(maxsize=1)
def _opened(location: str) -> tuple[Store, RowReader, InputReader]:
    """Open a store once in every worker: shards that follow each other read the same photographs."""
    store = Store.open(location)
    return store, RowReader(store.objects), InputReader(store.objects)


def compute_row(stage: Stage, item: KeyedRow, inputs: InputReader) -> Row:
    """Make one row of a stage; a sample that cannot be used becomes a rejected row."""
    schema, plan = stage.schema, item.plan
    working_on(plan.sample_id)
    row: Row = dict.fromkeys(schema.arrow.names)
    row |= {
        "sample_id": plan.sample_id,
        "row_key": item.key,
        "parents": [address.sample_id for address in plan.inputs],
        "source_ids": list(plan.source_ids),
        **stage.notes(plan),
    }
    try:
        with at_hand(plan) as reachable:
            row |= stage.make_row(reachable, inputs)
    except SampleError as error:
        row["rejected"] = error.reason
    else:
        row["digest"] = schema.content_digest(row)
    return row
