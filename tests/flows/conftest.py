"""One Prefect server for all tests of flows, and one tiny run for those that only look at what a run leaves."""

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

import cv2
import pytest
import skimage.data
import yaml

from flows.command import prepare_libraries

# Read when Prefect is imported, which test modules do at their top: nothing of the user's own is touched.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="shls-prefect-")
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)
prepare_libraries(debug=False)

CORNERS = {
    "astronaut": ((0, 130), (30, 170), (200, 0)),
    "chelsea": ((60, 120), (90, 200), (0, 0)),
    "coffee": ((100, 150), (150, 250), (230, 330)),
    "rocket": ((100, 250), (200, 280), (40, 300)),
}
SIDE_PX = 120
TINY: Mapping[str, Any] = {
    "name": "tiny",
    "staging": {"seed": 1, "rows_per_shard": 4},
    "synthesis": {"frame_size": 64},
    "held_out": {"share": 0.4, "num_frames": 4},
    "superpixels": {"num_superpixels": 30},
    "network": {"width_multiplier": 0.125},
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


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve small parts of photographs, as files."""
    folder = tmp_path_factory.mktemp("photographs")
    for name, corners in CORNERS.items():
        image = getattr(skimage.data, name)()
        for number, (top, left) in enumerate(corners):
            part = image[top : top + SIDE_PX, left : left + SIDE_PX]
            assert cv2.imwrite(str(folder / f"{name}_{number}.png"), part[..., ::-1])
    return folder


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
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    # Prefect may have been imported before the line at the top of this file.
    with (
        temporary_settings({PREFECT_HOME: tmp_path_factory.mktemp("prefect")}),
        prefect_test_harness(server_startup_timeout=90),
    ):
        yield PREFECT_API_URL.value()


@pytest.fixture(scope="session")
def first_run(
    tmp_path_factory: pytest.TempPathFactory, photographs: Path, prefect_server: str
) -> FirstRun:
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

    from flows.cli import app

    def run(*arguments: str | Path) -> Any:
        with mock.patch.dict(os.environ):
            return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run
