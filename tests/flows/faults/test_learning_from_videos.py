"""The whole way as a user goes it: films in, a checkpoint of each method out, interrupted on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tasks.training.log import METRICS_FILE

pytestmark = pytest.mark.slow

SHLS = str(Path(sys.executable).with_name("shls"))
STEPS, LONGEST_SECONDS = 60, 300.0
DUL = {
    "name": "dul",
    "network": {"width_multiplier": 0.0625, "embedding_size": 8},
    "views": {"num_frames": 3, "crop": 33, "short_side": [36, 44]},
    "grid": 2,
    "cross_view_grid": 2,
}
MOMENTUM_MEMORY = {
    "name": "momentum_memory",
    "network": {"width_multiplier": 0.0625, "embedding_size": 8},
    "views": {"num_frames": 3, "crop": 33},
    "window": 3,
    "memory_from": 20,
    "num_references": 2,
}


@pytest.fixture(params=[DUL, MOMENTUM_MEMORY], ids=lambda method: method["name"])
def method(request):
    """The section of a configuration of each method that learns from films."""
    return request.param


@pytest.fixture
def configs(tmp_path, photographs, videos, method):
    """The configurations of a dataset of photographs, and of a training from videos that it validates."""
    stills = {
        "name": "photographs",
        "staging": {"seed": 1, "rows_per_shard": 4},
        "ingest": {"images": str(photographs)},
        "synthesis": {"frame_size": 64},
        "held_out": {"share": 0.4, "num_frames": 4},
        "superpixels": {"num_superpixels": 30},
        "execution": {"backend": "serial", "device": "cpu"},
    }
    clips = {
        "name": "films",
        "staging": {"seed": 1, "rows_per_shard": 2},
        "ingest": {"images": None},
        "footage": {"videos": str(videos)},
        "clips": {"side": 48, "max_frames": 12},
        "held_out": {"share": 0.3},
        "source": "clips",
        "validation_dataset": "photographs",
        "method": method,
        "training": {
            "steps": STEPS,
            "batch_size": 2,
            "num_threads": 1,
            "validate_every": STEPS // 2,
            "validation_sequences": 1,
        },
        "execution": {"backend": "serial", "device": "cpu", "save_every": 7},
    }
    paths = {}
    for name, content in (("stills", stills), ("clips", clips)):
        paths[name] = tmp_path / f"{name}.yaml"
        paths[name].write_text(yaml.safe_dump(content), encoding="utf-8")
    return paths


def stopped_after(steps, config, store, server):
    """Start a training as a process of its own, and interrupt it after some steps; return its exit code."""
    metrics, deadline = store.parent / "runs", time.monotonic() + LONGEST_SECONDS
    process = subprocess.Popen(
        [SHLS, "train", "--config", config, "--store", store],
        env=os.environ | {"PREFECT_API_URL": server},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not any(path.read_text().count("\n") >= steps for path in metrics.glob(f"train-*/{METRICS_FILE}")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    return process.wait(timeout=60)


def test_films_become_a_checkpoint_that_names_them(configs, shls, tmp_path, prefect_server):
    def told(*arguments):
        done = shls(*arguments, "--store", store, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    store = tmp_path / "a" / "store"
    told("dataset", "build", "--config", configs["stills"])
    films = told("dataset", "build", "--config", configs["clips"])
    assert [stage["name"] for stage in films["stages"]] == ["footage", "clips"]

    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert stopped_after(10, configs["clips"], store, prefect_server) == 130
    resumed = told("train", "--config", configs["clips"])
    store = tmp_path / "b" / "store"
    whole = told("train", "--config", configs["clips"])
    assert resumed["checkpoint"] == whole["checkpoint"]
    assert (resumed["status"], whole["status"]) == ("computed", "computed")
    assert list(whole["validations"]) == [str(STEPS // 2), str(STEPS)]

    scored = told("evaluate")
    assert scored["evaluation"]["num_sequences"] > 1
    assert told("train", "--reproduce", whole["checkpoint"])["verdict"] == "agrees"

    clips = [row for row in descended(told("lineage", "down", "film-1.mp4")) if row["split"] == "train"]
    assert clips, "a film of the training side was asked for"
    seen = told("lineage", "down", "film-1.mp4")["checkpoints"]
    assert [one["checkpoint"] for one in seen] == [whole["checkpoint"]]
    assert seen[0]["how"] == "trained"
    assert seen[0]["times_drawn"] > 1
    assert 0 <= seen[0]["first_step"] < STEPS
    told("checkpoint", "export", whole["checkpoint"], "--out", tmp_path / "exported")
    assert any((tmp_path / "exported").iterdir())
    assert told("audit")["problems"] == []


def descended(told):
    return [row for row in told["rows"] if row["stage"] == "clips"]
