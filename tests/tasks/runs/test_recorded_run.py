import json

import pytest

from shls_core.errors import InputError, StoreError, StoreUnwritable
from storage.files import writing
from storage.store import Store
from storage.tables.ledger import Ledger
from tasks.runs.recorded_run import recorded_run


def test_a_run_leaves_an_entry(store):
    with recorded_run(store, "train", {"steps": 3}, seed=7) as run:
        run.inputs.append("dataset")
        run.outputs.append("checkpoint")
        run.verdict = "passed"
        run.details = {"seconds": 1}
        assert store.ledger.runs() == []  # written when it is over
    (entry,) = store.ledger.runs()
    assert (entry["kind"], entry["status"], entry["error"], entry["seed"]) == ("train", "completed", None, 7)
    assert (entry["inputs"], entry["outputs"], entry["verdict"]) == (["dataset"], ["checkpoint"], "passed")
    details = json.loads(entry["details"])
    assert details.pop("usage")["cpu_seconds"] >= 0
    assert (json.loads(entry["configuration"]), details) == ({"steps": 3}, {"seconds": 1})
    assert entry["seconds"] >= 0
    assert entry["run_id"]


@pytest.mark.parametrize("error", [InputError("a column is missing"), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_one_too_with_what_it_had(store, error):
    def fail():
        with recorded_run(store, "dataset", {}, seed=0) as run:
            run.outputs.append("made before")
            raise error

    with pytest.raises(type(error)) as raised:
        fail()
    assert raised.value is error
    (entry,) = store.ledger.runs()
    assert (entry["status"], entry["outputs"]) == ("failed", ["made before"])
    assert entry["error"] == f"{type(error).__name__}: {error}"


def test_what_stopped_the_run_matters_more_than_that_the_ledger_cannot_be_told(store, monkeypatch):
    def refuse(*_):
        raise StoreError("no space left")

    monkeypatch.setattr(Ledger, "record", refuse)
    with pytest.raises(InputError) as raised, recorded_run(store, "dataset", {}, seed=0):
        raise InputError("a column is missing")
    assert raised.value.__notes__ == ["and the ledger could not be told: no space left"]
    with (
        pytest.raises(StoreError, match="no space left"),
        recorded_run(store, "dataset", {}, seed=0),
    ):
        pass


def test_nothing_is_begun_where_it_could_not_be_recorded(store, monkeypatch):
    def refuse(backend, path, data, **options):
        raise PermissionError("read-only")

    monkeypatch.setattr(writing.obstore, "put", refuse)
    with pytest.raises(StoreUnwritable), recorded_run(store, "dataset", {}, seed=0):
        pytest.fail("the block ran")


def test_runs_are_chained_in_the_order_in_which_they_ended(store):
    with recorded_run(store, "dataset", {"which": "outer"}, seed=0):  # noqa: SIM117
        with recorded_run(store, "dataset", {"which": "inner"}, seed=0):
            pass
    inner, outer = Store.open(store.root).ledger.runs()
    assert json.loads(inner["configuration"]) == {"which": "inner"}
    assert outer["previous"] == inner["entry"]
