"""The staged dataset in a store in which it has passed the gate, for whoever trains on it."""

import shutil
from pathlib import Path

import pytest

from storage.gate.gate import Verdict
from storage.records.manifests import put_record
from storage.store import Store


@pytest.fixture
def passed_store(staged, tmp_path: Path) -> Store:
    """A store with the staged dataset and a passed verdict on it, to write to."""
    store = Store.open(shutil.copytree(staged.store.root, tmp_path / "store"))
    verdict = put_record(store.objects, Verdict(dataset=staged.dataset, passed=True, findings=()))
    store.keys.put("verdict-of-dataset", staged.dataset, verdict)
    return store


@pytest.fixture
def stopped_clock(monkeypatch):
    """Return a function that gives a module a clock that stands still unless it is set."""

    def stop(module):
        class Clock:
            now = 100.0

            @classmethod
            def monotonic(cls):
                return cls.now

        monkeypatch.setattr(module, "time", Clock)
        return Clock

    return stop
