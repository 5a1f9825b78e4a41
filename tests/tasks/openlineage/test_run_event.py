import json
from datetime import UTC, datetime

import pytest
from openlineage.client.event_v2 import RunState
from openlineage.client.serde import Serde

from storage.provenance.environment import current_environment
from storage.tables.ledger import Run
from tasks.openlineage.destination import client_of
from tasks.openlineage.run_event import run_event
from tasks.openlineage.source_code import origin

CONFIGURATION = {"name": "photos", "training": {"steps": 3, "rate": 0.5}, "gate": {"scenarios": ["clone"]}}


@pytest.fixture
def event(judged, staged):
    """Return a function that makes the last event of a run on the staged dataset."""
    client_of(judged)  # says who the producer is

    def make(**facts):
        run = Run(
            **{
                "run_id": "6a8e2b5c-0000-4000-8000-000000000001",
                "kind": "dataset",
                "status": "completed",
                "started_at": datetime(2026, 1, 2, tzinfo=UTC),
                "seconds": 1,
                "configuration": CONFIGURATION,
                "seed": 7,
                "outputs": [staged.dataset],
            }
            | facts
        )
        return Serde.to_dict(run_event(judged, RunState.COMPLETE, run, ()))

    return make


def facets_in(value):
    """Every object that is a facet, wherever it is."""
    if isinstance(value, dict):
        if "_schemaURL" in value or "_producer" in value:
            yield value
        for inner in value.values():
            yield from facets_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from facets_in(inner)


def test_every_facet_says_who_made_it_and_by_which_schema(event):
    made = event(verdict="passed", inputs=["1" * 64])
    facets = list(facets_in(made))
    assert len(facets) > 30
    for facet in facets:
        assert facet["_producer"].startswith("pkg:generic/shls-pipelines@")
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
    assert made["producer"] == facets[0]["_producer"]
    assert made["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    assert Serde.to_dict(json.loads(Serde.to_json(made))) == made


def test_the_configuration_is_told_by_dotted_keys(event):
    told = event()["run"]["facets"]["executionParameters"]["parameters"]
    assert {each["key"]: each["value"] for each in told} == {
        "name": "photos",
        "training.steps": "3",
        "training.rate": "0.5",
        "gate.scenarios": '["clone"]',
    }


def test_seed_lock_and_state_of_the_checkout_are_tags(event):
    environment = current_environment()
    tags = {each["key"]: each["value"] for each in event()["run"]["facets"]["tags"]["tags"]}
    assert tags["seed"] == "7"
    assert tags["lock_digest"] == environment.lock_digest
    assert tags.get("code_dirty") == (
        None if environment.code_dirty is None else str(environment.code_dirty).lower()
    )
    assert "verdict" not in tags


def test_what_the_gate_found_is_told_of_the_run_that_asked_it(event):
    judged = event(verdict="failed")["run"]["facets"]
    assert [(test["status"], test["actual"]) for test in judged["test"]["tests"]] == [
        ("pass", "0 of 8 rows outside"),
        ("fail", "6"),
    ]
    assert "test" not in event()["run"]["facets"]


def test_no_host_and_no_user_is_told(event):
    environment = current_environment()
    text = json.dumps(event(verdict="passed"))
    assert environment.host not in text
    assert not environment.user or f'"{environment.user}"' not in text


@pytest.mark.skipif(current_environment().code_commit is None, reason="not a checkout")
def test_the_job_says_where_its_code_is(event):
    facets = event()["job"]["facets"]
    commit, location = current_environment().code_commit, facets["sourceCodeLocation"]
    assert facets["jobType"]["processingType"] == "BATCH"
    assert (location["type"], location["version"]) == ("git", commit)
    assert location["url"] == (origin() or f"swh:1:rev:{commit}")
    assert "sourceCode" not in facets  # no flow is running
