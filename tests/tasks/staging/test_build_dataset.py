"""The tasks around the four stages, called as plain functions."""

import pytest

from shls_core.errors import GateError
from storage.gate.config import GateConfig
from tasks.planning.build_plan import plan_build
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.staging.build_dataset import assemble, publish, stage_rows, validate


def test_a_stage_is_built_and_told_of(store, photographs, capsys):
    stage, staging = IngestStage(IngestConfig(images=str(photographs))), StagingConfig(rows_per_shard=4)
    work = (str(store.root), staging, ExecutionConfig(backend="serial"))
    outcome = stage_rows.fn(stage, [], plan_build([stage], store, staging), *work)
    assert (outcome.name, outcome.status, outcome.rows) == ("ingest", "computed", 8)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("ingest ")
    assert "8 rows in 2 shards, all computed" in told.err
    stage_rows.fn(stage, [], plan_build([stage], store, staging), *work)
    assert "8 rows in 2 shards, all reused" in capsys.readouterr().err


def test_a_dataset_is_assembled_from_its_stages(staged, staged_copy):
    assert assemble.fn(list(staged.outcomes.values()), str(staged_copy.root)) == staged.dataset


def test_only_a_dataset_that_passed_gets_a_name(staged, staged_copy):
    where = str(staged_copy.root)
    failed = validate.fn(staged.dataset, where, GateConfig(min_train_sequences=1000))
    with pytest.raises(GateError, match="kept for inspection, not published"):
        publish.fn(failed, "photos", where)
    assert staged_copy.names.rows() == []

    passed = validate.fn(staged.dataset, where, GateConfig())
    assert publish.fn(passed, "photos", where) == "photos@v1"
    assert publish.fn(passed, "photos", where) == "photos@v1"
    assert staged_copy.names.resolve("photos") == staged.dataset
