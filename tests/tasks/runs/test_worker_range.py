import pytest

from flows.configuration import PipelineConfig
from shls_core.errors import ConfigError
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.worker_range import refuse_idle, worker_range


@pytest.mark.parametrize(
    ("given", "expected", "kept"),
    [(1, (1, 1), 1), (4, (1, 4), 4), ("4", (1, 4), 4), ("2..8", (2, 8), "2..8")],
)
def test_a_number_or_a_range(given, expected, kept):
    assert worker_range(given) == expected
    assert ExecutionConfig(training_workers=given).training_workers == kept


@pytest.mark.parametrize("given", [0, -1, 10_001, "", "8..2", "0..2", "1..99999", "1...2", "a..b", "2.."])
def test_anything_else_is_refused(given):
    with pytest.raises(ConfigError, match=r"expected N or MIN\.\.MAX, of 1 to 10000 workers"):
        worker_range(given)
    with pytest.raises(ValueError, match=r"expected N or MIN\.\.MAX"):
        ExecutionConfig(training_workers=given)


def test_no_worker_is_without_a_share():
    assert refuse_idle("1..4", shares=4) == (1, 4)
    with pytest.raises(ConfigError, match=r"of at most training\.shares, 2, got 1\.\.4"):
        refuse_idle("1..4", shares=2)
    with pytest.raises(ValueError, match=r"of at most training\.shares, 1, got 2"):
        PipelineConfig(execution={"training_workers": 2})
    shared = PipelineConfig(training={"shares": 2}, execution={"training_workers": 2})
    assert shared.training.shares == 2
