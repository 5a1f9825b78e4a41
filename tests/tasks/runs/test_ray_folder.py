"""The folder of a Ray of our own."""

import tempfile
from pathlib import Path

import pytest

from shls_core.errors import InputError
from tasks.runs import ray_folder
from tasks.runs.ray_folder import RayFolder


@pytest.fixture
def parent(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as path:
        monkeypatch.setattr(ray_folder, "_candidates", lambda: [Path(path)])
        yield Path(path)


def test_it_is_private_and_removed(parent):
    folder = RayFolder()
    assert folder.path.parent == parent
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.remove()
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(parent):
    used = RayFolder()
    left = parent / "shls-ray-killed"
    left.mkdir()
    (left / "in-use").touch()
    other = RayFolder()
    assert {used.path, other.path} == set(parent.iterdir())
    used.remove()
    other.remove()


def test_a_long_folder_for_temporary_files_is_not_used(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr(ray_folder.tempfile, "gettempdir", lambda: str(long))
    folder = RayFolder()
    assert not folder.path.is_relative_to(long)
    assert len(str(folder.path)) < 40
    folder.remove()


def test_without_any_folder_one_line_says_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_folder, "_candidates", lambda: [tmp_path / ("x" * 80)])
    with pytest.raises(InputError, match=r"^expected a folder for Ray's sockets [^\n]+--backend serial"):
        RayFolder()
