"""Entries for the ledger, and datasets of which some rows were changed and hashed anew."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.provenance.environment import Environment
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.shards import put_shard, read_columns
from storage.rows.stage_graph import SCHEMAS, schema_of
from storage.store import Store
from storage.tables.ledger import Run

ENVIRONMENT = Environment(user="ann", host="here", code_commit=None, code_dirty=None, lock_digest=None)
RecordRun = Callable[..., str]


@pytest.fixture
def record_run() -> RecordRun:
    """Return a function that writes a run into the ledger of a store and returns its entry."""

    def record(store: Store, kind: str, **facts: Any) -> str:
        told = {
            "run_id": f"a {kind}",
            "kind": kind,
            "status": "completed",
            "started_at": datetime(2026, 1, 2, tzinfo=UTC),
            "seconds": 1.0,
            "configuration": {},
        }
        return store.ledger.record(Run(**(told | facts)), ENVIRONMENT)

    return record


@pytest.fixture
def with_rows_changed() -> Callable[..., str]:
    """Return a function that gives the id of a dataset whose rows of one stage went through a change."""

    def changed(store: Store, dataset_id: str, stage: str, change: Callable[[dict], dict]) -> str:
        dataset = get_record(store.objects, dataset_id, DatasetManifest)
        manifest = get_record(store.objects, dataset.stages[stage], StageManifest)
        shards = []
        for shard in manifest.shards:
            rows = read_columns(store.objects, shard.digest, SCHEMAS[stage].arrow.names).to_pylist()
            shards.append(
                put_shard(store.objects, schema_of(stage).arrow, [row | change(row) for row in rows])
            )
        other = put_record(store.objects, manifest.model_copy(update={"shards": tuple(shards)}))
        return put_record(store.objects, DatasetManifest(stages=dataset.stages | {stage: other}))

    return changed
