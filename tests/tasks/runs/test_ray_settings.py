"""What Ray is given before its import, and again before each start."""

import os
import sys

import pytest

from tasks.runs import ray_settings

NAMES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_ADDRESS")


@pytest.fixture
def fresh(monkeypatch):
    """As in a process that has not imported Ray."""
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    monkeypatch.setattr(ray_settings, "_given", {})
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)


def test_a_ray_of_our_own_has_a_token_of_its_own(fresh):
    ray_settings.prepare_import()
    assert os.environ["RAY_AUTH_MODE"] == "token"
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


def test_it_keeps_the_token_that_it_was_imported_with(fresh, monkeypatch):
    ray_settings.prepare_import()
    token = os.environ["RAY_AUTH_TOKEN"]
    monkeypatch.setitem(sys.modules, "ray", object())
    for name in NAMES[:3]:
        monkeypatch.delenv(name)
    ray_settings.prepare_import()
    assert (os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"]) == ("token", token)


def test_a_ray_that_was_imported_without_a_token_gets_none(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", object())
    ray_settings.prepare_import()
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_a_cluster_that_is_joined_is_left_alone(fresh, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    ray_settings.prepare_import()
    assert "RAY_AUTH_TOKEN" not in os.environ
