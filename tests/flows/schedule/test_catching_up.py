"""What a lost event left undone, on a store where the pipeline ran once."""

import time

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from flows.configuration import load_config
from flows.schedule.catching_up import catch_up_now, nobody_was_asked_to_train
from flows.schedule.chain import PUBLISHED, TRAINED
from flows.train import train
from storage.store import Store


@pytest.fixture
def emitted(prefect_server):
    """Return a function that waits for the last event of a name about a store, and returns its payload."""

    def find(event, store):
        content = {"filter": {"event": {"name": [event]}, "order": "DESC"}}
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with get_client(sync_client=True) as client:
                events = client.request("POST", "/events/filter", json=content).json()["events"]
            for each in events:
                if each["payload"]["store"] == str(store):
                    return each["payload"]
            time.sleep(0.2)
        return None

    return find


@pytest.fixture
def catch_up(first_run, used_store, prefect_server):
    @flow(name="catch-up-here")
    def run(**training):
        configuration = load_config(str(first_run.config)).with_changes(training=training)
        return catch_up_now(configuration, "quickstart", {"training": training}, str(used_store))

    return run


def test_where_all_was_done_nothing_is_started(catch_up, first_run):
    found = catch_up()
    assert (found.dataset, found.missed) == (first_run.outcome.dataset.dataset, None)


def test_a_dataset_that_nobody_trained_on_in_this_way_and_then_its_checkpoint(
    catch_up, first_run, used_store, emitted
):
    dataset = first_run.outcome.dataset
    assert catch_up(steps=4).missed == "training"
    assert emitted(PUBLISHED, used_store) == {
        "dataset": dataset.dataset,
        "name": dataset.name,
        "config": "quickstart",
        "changes": {"training": {"steps": 4}},
        "store": str(used_store),
    }
    changed = load_config(str(first_run.config)).with_changes(training={"steps": 4})
    checkpoint = train(changed, str(used_store), dataset.dataset).checkpoint
    assert catch_up(steps=4).missed == "evaluation"
    assert emitted(TRAINED, used_store) == {
        "checkpoint": checkpoint,
        "dataset": dataset.dataset,
        "store": str(used_store),
    }


def test_a_dataset_of_another_name_is_not_there_to_be_caught_up(first_run, used_store, prefect_server):
    other = load_config(str(first_run.config)).model_copy(update={"name": "other"})
    assert catch_up_now(other, "quickstart", {}, str(used_store)).dataset is None


def test_whether_anybody_was_asked_to_train(first_run, used_store, prefect_server):
    store = Store.open(used_store)
    assert not nobody_was_asked_to_train(store, first_run.outcome.dataset.dataset)
    assert nobody_was_asked_to_train(store, "0" * 64)
