"""A home that is missing, or cannot be written to."""

import os
from pathlib import Path

import pytest

from flows.environment import home
from flows.environment.home import can_write, provide_home


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    for name in (*home._KEPT_IN, "HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    made = []
    monkeypatch.setattr(home, "_made", made)
    monkeypatch.setattr(home.tempfile, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}new"))
    yield
    assert len(made) <= 1


def test_a_home_that_works_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    provide_home()
    assert not set(home._KEPT_IN) & set(os.environ)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["/nonexistent", "/proc", "/dev/null"])
def test_libraries_get_other_folders_and_the_home_stays_what_it_is(missing, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", missing)
    provide_home()
    assert os.environ["HOME"] == missing
    for name in home._KEPT_IN:
        assert can_write(Path(os.environ[name])), name
    assert home.prefect_home_is_temporary()


def test_a_cache_folder_that_cannot_be_written_is_replaced_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/cache")
    provide_home()
    assert can_write(Path(os.environ["XDG_CACHE_HOME"]))
    assert "PREFECT_HOME" not in os.environ
    assert not home.prefect_home_is_temporary()


def test_a_user_whom_the_system_does_not_know_has_no_home(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(home.Path, "home", no_home)
    provide_home()
    assert os.environ["HOME"] == "/nonexistent"
    assert home.prefect_home_is_temporary()
