import json
import sys

import pytest

from shls_core.errors import MissingComponent
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.training.config import TrainingConfig
from shls_core.training.state import TrainingState, Validation
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.log import METRICS_FILE, log_folder, training_log

KEY = "a" * 64


@pytest.fixture
def state():
    return TrainingState.begin(
        new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.0625), 0), TrainingConfig()
    )


def log(folder, state, rows, tensorboard=False):
    with training_log(folder, state, tensorboard) as observers:
        for row in rows:
            for observe in observers:
                observe(row)


def steps_in(folder):
    rows = map(json.loads, (folder / METRICS_FILE).read_text().splitlines())
    return [(row["step"], "validation/J&F" in row) for row in rows]


def test_runs_are_logged_beside_the_store_or_where_they_are_asked_to_be(tmp_path):
    default, asked = ExecutionConfig(), ExecutionConfig(log_dir=str(tmp_path / "logs"))
    name = "train-aaaaaaaaaaaa"
    assert log_folder(default, str(tmp_path / "store"), KEY) == tmp_path / "runs" / name
    assert str(log_folder(default, "s3://bucket/store", KEY)) == f"runs/{name}"
    assert log_folder(asked, "s3://bucket/store", KEY) == tmp_path / "logs" / name


@pytest.mark.parametrize(
    ("validated", "kept"),
    [([], [(1, False), (2, False)]), ([Validation(2, 0.5)], [(1, False), (2, False), (2, True)])],
)
def test_rows_of_steps_that_are_done_again_are_not_kept_twice(tmp_path, state, validated, kept):
    rows = [{"step": step, "loss": 1.0} for step in (1, 2, 3)]
    log(tmp_path, state, [*rows[:2], {"step": 2, "validation/J&F": 0.5}, rows[2]])
    with (tmp_path / METRICS_FILE).open("a") as file:
        file.write('{"step": 4, "lo')  # killed while it wrote
    state.losses[:] = [1.0, 1.0]
    state.validations[:] = validated
    log(tmp_path, state, [])
    assert steps_in(tmp_path) == kept
    log(tmp_path, state, rows[2:])
    assert steps_in(tmp_path) == [*kept, (3, False)]


def test_without_tensorboard_the_command_that_installs_it_is_named(tmp_path, state, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingComponent, match="install it with: pip install tensorboard"):
        log(tmp_path / "run", state, [], tensorboard=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_every_figure(tmp_path, state):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.5}, {"step": 2, "validation/J&F": 0.25}]
    log(tmp_path, state, rows, tensorboard=True)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 2.0), (2, 1.5)]
    assert [(event.step, event.value) for event in events.Scalars("validation/J&F")] == [(2, 0.25)]
