"""uv.lock is in line with pyproject.toml, and requirements/ with uv.lock: `make lock` makes both."""

import ipaddress
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PROJECT = Path(__file__).parents[1]
LOCK = tomllib.loads((PROJECT / "uv.lock").read_text(encoding="utf-8"))
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture
def uv(tmp_path):
    """Return a function that runs uv without a network, and returns what it prints."""
    own = {"UV_CACHE_DIR": str(tmp_path), "UV_PYTHON": sys.executable, "UV_OFFLINE": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")} | own

    def run(*arguments):
        command = [Path(sys.executable).with_name("uv"), "--quiet", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def pins(text):
    """Return the packages of a requirements file with their versions."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\n]+)", text, flags=re.MULTILINE))


def test_the_lock_is_that_of_the_project_file(uv):
    uv("lock", "--check")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("run", "--no-dev --prune torch --no-emit-package fast-slic"),
        ("cluster", "--no-dev --extra cluster --prune torch --no-emit-package fast-slic"),
        ("dev", "--only-group dev"),
        ("bare_training", "--only-group bare-training"),
    ],
)
def test_requirements_files_are_exported_from_the_lock_with_hashes(uv, name, arguments):
    how = "--frozen --no-header --no-annotate --no-emit-project --format requirements.txt"
    text = (PROJECT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert text == uv("export", *how.split(), *arguments.split())
    assert all(" \\\n    --hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", text))
    assert not {"torch", "fast-slic"} & set(pins(text))


def test_torch_is_a_line_of_its_own_whose_build_no_hash_decides():
    text = (PROJECT / "requirements" / "torch.txt").read_text(encoding="utf-8")
    locked = {package["name"]: package["version"] for package in LOCK["package"]}
    assert "torch" in pins(text)
    assert pins(text).items() <= locked.items()
    assert "--hash" not in text
    assert not re.search("nvidia|cuda|triton", text)


def test_every_python_has_the_same_versions():
    """Versions are part of the keys of rows: with two of one package, ids would depend on the Python."""
    names = [package["name"] for package in LOCK["package"]]
    assert len(names) == len(set(names))
    supported = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert supported["requires-python"] == ">=3.11,<3.14"
    assert [line[-4:] for line in supported["classifiers"] if " Python :: 3." in line] == list(PYTHONS)


def test_the_lock_names_no_index_that_others_cannot_reach():
    """Behind a mirror, uv would write the mirror's address beside every file."""
    registries = {package["source"].get("registry") for package in LOCK["package"]} - {None}
    files = [file["url"] for package in LOCK["package"] for file in package.get("wheels", ())]
    assert len(registries) == 1
    assert len({urlsplit(url).netloc for url in files}) == 1
    for url in (*registries, files[0]):
        parts = urlsplit(url)
        assert (parts.scheme, parts.username, parts.port) == ("https", None, None)
        assert "." in parts.hostname
        with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
            ipaddress.ip_address(parts.hostname)


def test_the_source_of_fast_slic_is_the_one_in_the_lock():
    [package] = [package for package in LOCK["package"] if package["name"] == "fast-slic"]
    folder = PROJECT / "packaging" / "fast_slic"
    source = (folder / "source.txt").read_text(encoding="utf-8").strip()
    assert source == f"fast-slic=={package['version']} --hash={package['sdist']['hash']}"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project == {"name": "fast-slic", "version": package["version"]}
