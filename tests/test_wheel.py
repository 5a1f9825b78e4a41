"""The distributions: built from the checkout, installed in a new environment, run from an empty folder."""

import importlib.metadata
import json
import os
import site
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from storage.store import Store

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[1]
_FAST_SLIC = (PROJECT / "packaging" / "fast_slic" / "pyproject.toml").read_text(encoding="utf-8")
BUILD_REQUIREMENTS = tomllib.loads(_FAST_SLIC)["build-system"]["requires"]


def run(*command, **options):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=900, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The paths of the source distribution and of the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    # The build backend is one of the requirements of tests: nothing is fetched.
    how = ("--offline", "--no-build-isolation", "--python", sys.executable)
    run(uv, "build", "--quiet", *how, "--out-dir", folder, PROJECT)
    [source], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """The folder of commands of a new environment: the wheel, and the packages that are installed here."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # Not the editable install of this checkout: its .pth is not read from a folder that a .pth names.
    (packages / "here.pth").write_text("\n".join(site.getsitepackages()))
    how = ("--quiet", "--no-index", "--no-deps")
    run(folder / "bin" / "python", "-m", "pip", "install", *how, distributions[1])
    return folder / "bin"


@pytest.fixture
def shls(tmp_path):
    """Return a function that runs the command in a folder of commands from an empty folder."""
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PREFECT_HOME"] = str(tmp_path / "prefect")

    def run_there(commands, *arguments):
        return run(commands / "shls", *arguments, cwd=empty, env=environment)

    return run_there


def test_the_distributions_hold_what_running_needs_and_no_path_of_this_machine(distributions):
    source, wheel = distributions
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        [metadata] = [opened.read(name).decode() for name in names if name.endswith("/METADATA")]
    configurations = {path.relative_to(PROJECT) for path in (PROJECT / "configs").rglob("*.yaml")}
    assert {f"flows/{path.as_posix()}" for path in configurations} <= names
    assert "tasks/checkpoints/pretrained_weights/weights.safetensors" in names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "flows",
        "shls_core",
        "storage",
        "tasks",
    }
    assert "Requires-Dist: fast-slic==0.4.0" in metadata
    assert "file://" not in metadata
    with tarfile.open(source) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "configs/quickstart.yaml"} <= held
    assert not [name for name in held if name.startswith(("packaging/fast_slic", "tests", "uv.lock"))]


TINY = """
base: quickstart
name: tiny
crops: {crops_per_image: 2}
synthesis: {frame_size: 64, sequences_per_template: 1}
superpixels: {num_superpixels: 30}
gate: {min_held_out_sequences: 1}
method: {network: {width_multiplier: 0.125}}
training: {steps: 3, batch_size: 1, num_threads: 1}
execution: {backend: serial, device: cpu}
"""


def test_the_installed_command_runs_from_an_empty_folder_and_makes_what_this_checkout_makes(
    installed, shls, tmp_path
):
    """Configuration, digests of code and versions are the same, so all keys are: nothing is made twice."""
    assert shls(installed, "--version") == f"shls {importlib.metadata.version('shls-pipelines')}\n"
    where = "import flows, sys; print(flows.__file__.startswith(sys.prefix))"
    assert run(installed / "python", "-c", where, cwd=tmp_path, env={}) == "True\n"
    (tmp_path / "tiny.yaml").write_text(TINY)
    at = ("run", "--config", tmp_path / "tiny.yaml", "--store", tmp_path / "store", "--json")
    there = json.loads(shls(installed, *at))
    assert {stage["status"] for stage in there["stages"]} == {"computed"}
    here = json.loads(shls(Path(sys.executable).parent, *at))
    assert {stage["status"] for stage in here["stages"]} == {"cached"}
    assert (here["dataset"], here["checkpoint"]) == (there["dataset"], there["checkpoint"])
    made, found = ({**one["evaluation"], "status": None, "seconds": None} for one in (there, here))
    assert made == found
    assert not list((tmp_path / "empty").iterdir())
    environments = {(run["code_commit"] is None) for run in Store.open(tmp_path / "store").ledger.runs()}
    assert environments == {True, False}  # a wheel has no commit


@pytest.mark.long
def test_fast_slic_is_built_in_isolation(tmp_path):
    """The one requirement whose own build fails: plain pip builds it by our folder."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    # The published source is fetched, and what builds it: the one test that wants a package index.
    [needed] = [name for name in BUILD_REQUIREMENTS if name.startswith("cython==")]
    probe = (python, "-m", "pip", "download", "--quiet", "--retries=0", "--no-deps", f"--dest={tmp_path}")
    if subprocess.run([*probe, needed], capture_output=True, check=False, timeout=900).returncode:
        pytest.skip("no package index can be reached")
    run(python, "-m", "pip", "install", "--quiet", PROJECT / "packaging" / "fast_slic", cwd=tmp_path)
    script = (
        "import numpy as np; from fast_slic import Slic;"
        "image = np.zeros((40, 60, 3), np.uint8); image[:, 30:] = 200;"
        "labels = Slic(num_components=6, compactness=10).iterate(image);"
        "print(labels.shape, len(np.unique(labels)) > 1)"
    )
    assert run(python, "-c", script) == "(40, 60) True\n"
    names = {package["name"] for package in json.loads(run(python, "-m", "pip", "list", "--format", "json"))}
    assert names - {"pip", "setuptools"} == {"fast-slic", "numpy"}  # 3.11 makes environments with setuptools
