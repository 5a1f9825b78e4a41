"""One Prefect server for all tests of flows, and one tiny run for those that only look at one."""

import atexit
import copy
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from flows.cli.command import prepare_libraries

# Read when Prefect is imported, which test modules do at their top: nothing of the user's own is touched.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="shls-prefect-")
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)
prepare_libraries(debug=False)

TINY: Mapping[str, Any] = {
    "name": "tiny",
    "staging": {"seed": 1, "rows_per_shard": 4},
    "synthesis": {"frame_size": 64},
    "held_out": {"share": 0.4, "num_frames": 4},
    "superpixels": {"num_superpixels": 30},
    "method": {"name": "shls", "network": {"width_multiplier": 0.125}},
    "training": {"steps": 3, "batch_size": 1, "num_threads": 1},
    "execution": {"backend": "serial", "device": "cpu"},
}
ConfigFile = Callable[..., Path]


@dataclass(frozen=True)
class FirstRun:
    """A store in which the pipeline ran once. Look, or copy; never write."""

    store: Path
    config: Path
    outcome: Any


def write_config(path: Path, photographs: Path, sections: Mapping[str, Any]) -> Path:
    content = copy.deepcopy(dict(TINY)) | {"ingest": {"images": str(photographs)}}
    for section, values in sections.items():
        content[section] = content.get(section, {}) | values
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.fixture
def config_file(tmp_path: Path, photographs: Path) -> ConfigFile:
    """Return a function that writes the tiny configuration, with keys of sections added or replaced."""
    return lambda **sections: write_config(tmp_path / "tiny.yaml", photographs, sections)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prefect server of the tests' own."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    settings = {
        # Prefect may have been imported before the lines at the top of this file were read.
        PREFECT_HOME: tmp_path_factory.mktemp("prefect"),
        # The thread that sends heartbeats lets every flow run end a second late.
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with (
        temporary_settings(settings),
        prefect_test_harness(server_startup_timeout=90),
    ):
        yield PREFECT_API_URL.value()


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory, photographs: Path, prefect_server: str) -> FirstRun:
    """The tiny pipeline, run once."""
    from flows.pipeline import pipeline

    folder = tmp_path_factory.mktemp("first-run")
    config = write_config(folder / "tiny.yaml", photographs, {})
    return FirstRun(folder / "store", config, pipeline(str(config), str(folder / "store")))


@pytest.fixture
def used_store(first_run: FirstRun, tmp_path: Path) -> Path:
    """A copy of the store of the first run, to write to."""
    return Path(shutil.copytree(first_run.store, tmp_path / "used-store"))


@pytest.fixture
def shls(prefect_server: str) -> Callable[..., Any]:
    """Return a function that runs the `shls` command in this process."""
    from typer.testing import CliRunner

    from flows.cli.app import app

    def run(*arguments: str | Path) -> Any:
        with mock.patch.dict(os.environ):
            return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run
