"""deploy/Dockerfile: what it copies is let in and is all that a wheel is made of; its settings are ours."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from flows.cli.command import LIBRARY_SETTINGS

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in TEXT.splitlines() if re.match(r"[A-Z]+ ", line)]
IGNORED = (PROJECT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
LET_IN = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]


def given(instruction):
    return [words for name, words in INSTRUCTIONS if name == instruction]


def settings():
    return dict(word.split("=", 1) for words in given("ENV") for word in words.split())


def test_nothing_but_named_parts_of_the_project_goes_in():
    patterns = [line for line in IGNORED if line and not line.startswith(("#", "!"))]
    assert patterns == ["*", "**/__pycache__"]
    assert [name for name in LET_IN if not (PROJECT / name).exists()] == []


def test_what_is_copied_is_there_and_let_in():
    copied = [words.split()[0] for words in given("COPY") if not words.startswith("--from=")]
    assert "requirements" in copied
    assert {name for name in copied if name != "."} <= {*LET_IN}
    files = re.findall(r"--requirement (\S+)", TEXT)
    assert len(files) == 3
    assert [name for name in files if not (PROJECT / name).is_file()] == []


def test_there_is_an_image_for_each_kind_of_machine_that_no_superuser_runs():
    stages = {words.split(" AS ")[1] for words in given("FROM")}
    assert {"cpu", "cuda"} <= stages
    assert given("USER") == ["1000", "1000"]
    for words in given("FROM"):
        base = words.split(" AS ")[0]
        assert base in stages or base == "python:${PYTHON}-slim-bookworm"
    for words in given("COPY"):
        source = re.match(r"--from=(\S+)", words)
        assert source is None or source[1] in stages


def test_its_python_is_one_that_is_supported():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [version] = [words.removeprefix("PYTHON=") for words in given("ARG") if words.startswith("PYTHON=")]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_its_settings_are_those_of_the_command_and_of_prefects_file():
    prefect = tomllib.loads((PROJECT / "prefect.toml").read_text(encoding="utf-8"))
    heartbeat = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(prefect["flows"]["heartbeat_frequency"])}
    environment = settings()
    assert LIBRARY_SETTINGS | heartbeat == {
        name: environment[name] for name in LIBRARY_SETTINGS.keys() | heartbeat.keys()
    }


def test_a_wheel_made_from_what_is_let_in_has_all_files_of_the_packages(tmp_path):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in LET_IN:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, checkout / name)
    hatchling = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(hatchling, cwd=checkout, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(PROJECT))
        for package in ("flows", "tasks", "storage", "shls_core")
        for path in (PROJECT / package).rglob("*.py")
    }
    configurations = (PROJECT / "configs").rglob("*.yaml")
    wanted |= {str("flows" / path.relative_to(PROJECT)) for path in configurations}
    assert wanted <= held
    assert not [name for name in held if name.startswith("tests")]
