"""A decoder that hangs: the run ends with an error that names the row, and finished shards are kept."""

import time
from unittest import mock

import pytest

from tasks.runs.at_work import JobTimedOut
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.staging import build_stage as module
from tasks.staging.build_stage import build_stage

HANGS = "rocket.png"
make_shard = module._make_keyed_shard


def make_shard_or_hang(job):
    """In the process that makes shards: as always, except that one photograph is never decoded."""
    make_row = IngestStage.make_row

    def hanging(self, plan, reader):
        if plan.location.endswith(HANGS):
            time.sleep(1000)
        return make_row(self, plan, reader)

    with mock.patch.object(IngestStage, "make_row", hanging):
        return make_shard(job)


@pytest.mark.slow
def test_a_limit_changes_no_byte(staged, store, photographs, stage_dataset):
    limited = stage_dataset(store, photographs, backend="serial", job_timeout_seconds=500)
    assert limited.dataset == staged.dataset
    assert all(outcome.usage.cpu_seconds > 0 for outcome in limited.outcomes.values())


def test_a_hung_decoder_ends_in_an_error_that_names_the_row_and_the_rest_is_kept(
    store, photographs, monkeypatch, capsys
):
    monkeypatch.setattr(module, "_make_keyed_shard", make_shard_or_hang)
    stage, alone = IngestStage(IngestConfig(images=str(photographs))), StagingConfig(rows_per_shard=1)
    with pytest.raises(JobTimedOut) as raised:
        build_stage(store, stage, {}, alone, ExecutionConfig(backend="serial", job_timeout_seconds=4))
    line = str(raised.value)
    assert line.startswith("ingest: expected a shard within 4 s (execution.job_timeout_seconds), got no")
    assert f"row {raised.value.row[:12]}…" in line
    assert HANGS not in line  # the ledger keeps no names of files
    assert f"while at work on {photographs / HANGS}" in capsys.readouterr().err

    monkeypatch.undo()
    whole = build_stage(store, stage, {}, alone, ExecutionConfig(backend="serial"))
    assert whole.rows == 8
    assert 1 <= whole.shards_computed < 8
