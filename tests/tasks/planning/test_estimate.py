"""What work costs: from the ledger, from the newest artifact, or from a trial."""

import dataclasses
from datetime import UTC, datetime

import pytest

from storage.provenance.environment import current_environment
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from storage.tables.ledger import Run
from tasks.planning.estimate import Rate, completed_rates, needs_trial, recorded_rates, workers_of
from tasks.runs.execution_config import ExecutionConfig
from tasks.staging.tried_rates import tried_rates


def record(store, seconds, rows, workers=2, backend="ray", kind="dataset"):
    details = {"stages": [{"name": stage, "seconds": seconds, "rows_computed": rows} for stage in OF_STILLS]}
    run = Run(
        run_id="r",
        kind=kind,
        status="completed",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=1.0,
        configuration={"execution": {"backend": backend, "workers": workers}},
        details=details,
    )
    store.ledger.record(run, current_environment())


def test_seconds_are_those_of_the_last_runs_that_computed_rows(staging):
    assert recorded_rates(staging.store, staging.plan())["saliency"].seconds_per_row is None
    record(staging.store, seconds=10.0, rows=20)
    record(staging.store, seconds=7.0, rows=30, backend="serial")
    record(staging.store, seconds=99.0, rows=0)
    record(staging.store, seconds=99.0, rows=1, kind="train")
    rate = recorded_rates(staging.store, staging.plan())["saliency"]
    assert rate.seconds_per_row == pytest.approx((10.0 * 2 + 7.0) / 50)
    assert rate.basis == "50 rows of the last 2 runs"
    for _ in range(5):
        record(staging.store, seconds=2.0, rows=1, workers=3)
    assert recorded_rates(staging.store, staging.plan())["ingest"].seconds_per_row == 6.0


def test_workers_share_the_work(staging):
    staging.sections = {"superpixels": {"compactness": 19.0}}
    plan = staging.plan().stages[-1]
    rate = Rate(seconds_per_row=3.0, bytes_per_row=100.0)
    assert rate.seconds(plan, 1) == 30.0
    assert rate.seconds(plan, 4) == 7.5
    assert rate.bytes_to_write(plan) == 1000.0
    assert Rate().seconds(plan, 1) is None
    assert Rate().bytes_to_write(plan) is None
    assert workers_of(ExecutionConfig(backend="serial", workers=4)) == 1
    assert workers_of(ExecutionConfig(backend="ray", workers=4)) == 4


def test_what_is_fresh_costs_nothing(ten):
    for plan in ten.plan().stages:
        assert (Rate().seconds(plan, 1), Rate().bytes_to_write(plan)) == (0.0, 0.0)
    assert not needs_trial(ten.plan(), recorded_rates(ten.store, ten.plan()), 1)


def test_new_photographs_weigh_what_their_files_do(staging, new_photograph):
    new_photograph(staging.folder / "new.png")
    plan = staging.plan().stages[0]
    rows = [row for shard in plan.stale for row in shard.rows]
    size = (staging.folder / "new.png").stat().st_size
    assert Rate(bytes_per_row=1000.0).bytes_to_write(plan) == size + 1000.0 * (len(rows) - 1)


def test_bytes_are_close_to_what_is_written(staging):
    staging.sections = {"superpixels": {"compactness": 19.0}}
    plan = staging.plan()
    rate = recorded_rates(staging.store, plan)["superpixels"]
    before = size_of(staging.store)
    staging.build()
    assert size_of(staging.store) - before == pytest.approx(rate.bytes_to_write(plan.stages[-1]), rel=0.3)


def size_of(store):
    return sum(path.stat().st_size for path in (store.root / "objects").rglob("*") if path.is_file())


def test_where_nothing_is_known_a_handful_is_tried_and_the_store_stays_empty(ten, tmp_path):
    empty = dataclasses.replace(ten, store=Store.create(tmp_path / "empty"))
    plan = empty.plan()
    recorded = recorded_rates(empty.store, plan)
    assert needs_trial(plan, recorded, 1)
    rates = completed_rates(recorded, tried_rates(plan, empty.staging()))
    for stage in OF_STILLS:
        assert rates[stage].seconds_per_row > 0
        assert rates[stage].bytes_per_row > 100
        assert "rows tried just now" in rates[stage].basis
    assert not needs_trial(plan, rates, 1)
    assert size_of(empty.store) == 0


def test_what_is_known_is_not_replaced_by_a_trial():
    known = {"ingest": Rate(1.0, None, "known"), "saliency": Rate(None, 2.0)}
    tried = {"ingest": Rate(5.0, 6.0, "tried")}
    assert completed_rates(known, tried) == {
        "ingest": Rate(1.0, 6.0, "known"),
        "saliency": Rate(None, 2.0, "no run yet"),
    }
