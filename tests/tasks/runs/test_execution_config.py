"""Resources of stages and numbers of workers, as a configuration gives them."""

import pydantic
import pytest

from storage.rows import stage_names
from tasks.runs.execution_config import EVALUATE, ExecutionConfig, StageResources
from tasks.runs.worker_range import WorkerRange, worker_range


@pytest.mark.parametrize(
    ("given", "kept", "meant"),
    [
        (3, 3, (1, 3)),
        ("3", 3, (1, 3)),
        ("2..8", "2..8", (2, 8)),
        (" 2..8 ", "2..8", (2, 8)),
        ("4..4", "4..4", (4, 4)),
        ("02..8", "2..8", (2, 8)),
    ],
)
def test_workers_are_a_number_or_a_range(given, kept, meant):
    execution = ExecutionConfig(workers=given)
    assert execution.workers == kept
    assert worker_range(execution.workers) == WorkerRange(*meant)
    assert execution.most_workers == meant[1]
    assert ExecutionConfig.model_validate(execution.model_dump(mode="json")) == execution


@pytest.mark.parametrize(
    "given", [0, -1, "", "0..2", "3..2", "2..", "..2", "2...4", "two", 10_001, True, 1.5, "٣"]
)
def test_other_numbers_of_workers_are_refused(given):
    with pytest.raises(pydantic.ValidationError, match=r"expected N or MIN\.\.MAX"):
        ExecutionConfig(workers=given)


def test_every_stage_may_have_resources_and_memory_is_text_or_bytes():
    names = [value for name, value in vars(stage_names).items() if name.isupper() and isinstance(value, str)]
    assert len(names) >= 7
    execution = ExecutionConfig(stages={name: {"cpus": 0.5, "memory": "2GB"} for name in (*names, EVALUATE)})
    assert all(execution.resources(name) == StageResources(cpus=0.5, memory=2 * 10**9) for name in names)
    assert ExecutionConfig.model_validate(execution.model_dump(mode="json")) == execution


def test_a_stage_that_is_not_named_reserves_a_core_and_a_gpu_where_its_networks_run_on_one():
    execution = ExecutionConfig(stages={"clusters": {"memory": "1GiB"}, "evaluate": {"gpus": 0.25}})
    assert execution.resources("ingest") == StageResources(cpus=1, memory=None, gpus=0)
    assert execution.resources("clusters") == StageResources(memory=2**30)
    assert execution.resources("clusters", on_gpu=True) == StageResources(memory=2**30, gpus=1)
    assert execution.resources("evaluate", on_gpu=True) == StageResources(gpus=0.25)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({"salency": {}}, "expected one of ingest, .*, evaluate, got 'salency'"),
        ({"saliency": {"gpus": 1}}, "expected no GPU for saliency, which computes on the CPU, detectors inc"),
        ({"clusters": {"gpus": 1.5}}, "expected a share of a GPU up to 1 or whole GPUs, got 1.5"),
        ({"ingest": {"memory": "much"}}, "could not parse value and unit from byte string"),
        ({"ingest": {"memory": 0}}, "greater than 0"),
        ({"ingest": {"cpus": 0}}, "greater than 0"),
    ],
)
def test_resources_that_no_stage_can_use_are_refused(stages, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        ExecutionConfig(stages=stages)
