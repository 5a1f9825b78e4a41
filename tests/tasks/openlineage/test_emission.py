import json
import os
import signal
import uuid
from datetime import datetime

import pytest

from shls_core.errors import InputError, StoreError
from storage.files.inventory import EVENTS_FILE, take_inventory
from storage.store import Store
from storage.tables.ledger import Ledger
from tasks.runs.recorded_run import composed_run, recorded_run

QUICK = {"retry": {"total": 0, "connect": 0, "read": 0}}


def begin_and_end(store, kind="gc", configuration=None):
    with recorded_run(store, kind, configuration or {"keep": 1}, seed=7):
        pass


def told(capsys):
    return capsys.readouterr().err.splitlines()


def test_a_run_is_told_when_it_begins_and_when_it_ends(store, events, capsys):
    with recorded_run(store, "train", {"name": "photos", "training": {"steps": 3}}, seed=7):
        (start,) = events(store)
        assert start["eventType"] == "START"
        assert (start["inputs"], start["outputs"]) == ([], [])
    start, complete = events(store)
    (entry,) = store.ledger.runs()
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert (
        start["run"]["runId"]
        == complete["run"]["runId"]
        == entry["run_id"]
        == str(uuid.UUID(entry["run_id"]))
    )
    assert start["job"]["name"] == complete["job"]["name"] == "photos.train"
    assert start["eventTime"] == entry["started_at"]
    assert datetime.fromisoformat(start["eventTime"]) <= datetime.fromisoformat(complete["eventTime"])
    assert told(capsys) == []


@pytest.mark.parametrize(
    ("stopped_by", "state"), [(InputError("a column is missing"), "FAIL"), (KeyboardInterrupt(), "ABORT")]
)
def test_what_stops_a_run_is_told(store, events, stopped_by, state):
    with pytest.raises(type(stopped_by)), recorded_run(store, "dataset", {}, seed=0):
        raise stopped_by
    start, end = events(store)
    (entry,) = store.ledger.runs()
    assert (start["eventType"], end["eventType"]) == ("START", state)
    assert "errorMessage" not in start["run"]["facets"]
    assert end["run"]["facets"]["errorMessage"]["message"] == entry["error"]
    assert end["run"]["facets"]["errorMessage"]["programmingLanguage"] == "PYTHON"


def test_a_run_that_could_not_be_recorded_did_not_complete(store, events, monkeypatch):
    def refuse(*_):
        raise StoreError("no space left")

    monkeypatch.setattr(Ledger, "record", refuse)
    with pytest.raises(StoreError), recorded_run(store, "dataset", {}, seed=0):
        pass
    assert [event["eventType"] for event in events(store)] == ["START", "FAIL"]


def test_runs_inside_a_run_name_the_one_around_them_and_the_outermost(store, events):
    with composed_run(store, "pipeline", {"name": "photos"}, seed=None):
        with recorded_run(store, "dataset", {"name": "photos"}, seed=0):
            begin_and_end(store, "train", {"name": "photos"})
        begin_and_end(store, "evaluate")
    ends = {event["job"]["name"]: event for event in events(store) if event["eventType"] == "COMPLETE"}
    parents = {name: event["run"]["facets"].get("parent") for name, event in ends.items()}
    pipeline, dataset = (ends[name]["run"]["runId"] for name in ("photos.pipeline", "photos.dataset"))
    assert parents["photos.pipeline"] is None
    assert parents["photos.dataset"]["run"]["runId"] == parents["evaluate"]["run"]["runId"] == pipeline
    assert parents["photos.train"]["run"]["runId"] == dataset
    assert parents["photos.train"]["job"]["name"] == "photos.dataset"
    assert parents["photos.train"]["root"]["run"]["runId"] == pipeline
    assert parents["photos.train"]["root"]["job"]["name"] == "photos.pipeline"
    assert [run["kind"] for run in store.ledger.runs()] == ["train", "dataset", "evaluate"]


def test_a_run_after_another_is_no_part_of_it(store, events):
    for _ in range(2):
        begin_and_end(store)
    assert all("parent" not in event["run"]["facets"] for event in events(store))
    assert len({event["run"]["runId"] for event in events(store)}) == 2


def test_the_file_of_events_belongs_to_the_store(store):
    begin_and_end(store)
    assert (store.root / EVENTS_FILE).is_file()
    assert take_inventory(store.backend).foreign == ()


def test_a_line_that_was_cut_short_spoils_no_other(store):
    begin_and_end(store)
    path = store.root / EVENTS_FILE
    whole = path.read_text()
    path.write_text(whole[:-100])
    begin_and_end(store)
    first, cut_short, *after = path.read_text().splitlines()
    assert [first, cut_short] == whole[:-100].splitlines()
    assert [json.loads(line)["eventType"] for line in after] == ["START", "COMPLETE"]


def test_of_a_store_in_a_bucket_nobody_is_told_unasked(bucket, capsys, tmp_path):
    begin_and_end(Store.create(f"{bucket}/store"))
    assert told(capsys) == []
    assert list(tmp_path.rglob("*.jsonl")) == []


def test_nobody_is_told_where_that_is_switched_off(store, monkeypatch):
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "True")
    begin_and_end(store)
    assert not (store.root / EVENTS_FILE).exists()


def test_events_are_posted_to_a_server(store, receiver, monkeypatch, capsys):
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "a-key")
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "laboratory")
    begin_and_end(store)
    assert [event["eventType"] for event in receiver.received] == ["START", "COMPLETE"]
    assert {event["job"]["namespace"] for event in receiver.received} == {"laboratory"}
    assert set(receiver.paths) == {"/api/v1/lineage"}
    assert set(receiver.authorizations) == {"Bearer a-key"}
    assert not (store.root / EVENTS_FILE).exists()
    assert told(capsys) == []


@pytest.mark.parametrize("how", ["OPENLINEAGE_CONFIG", "openlineage.yml", "OPENLINEAGE__TRANSPORT"])
def test_the_clients_own_configuration_is_followed(store, events, monkeypatch, tmp_path, how):
    transport = {"type": "file", "log_file_path": str(tmp_path / "told.jsonl"), "append": True}
    if how == "OPENLINEAGE__TRANSPORT":
        monkeypatch.setenv(how, json.dumps(transport))
    else:
        file = tmp_path / ("mine.yml" if how == "OPENLINEAGE_CONFIG" else how)
        file.write_text(json.dumps({"transport": transport}))
        monkeypatch.setenv("OPENLINEAGE_CONFIG", str(file))
    begin_and_end(store)
    assert [event["eventType"] for event in events(tmp_path / "told.jsonl")] == ["START", "COMPLETE"]
    assert not (store.root / EVENTS_FILE).exists()


def test_what_a_configuration_says_beside_where_they_go_holds_for_the_file_of_the_store(
    store, events, tmp_path
):
    (tmp_path / "openlineage.yml").write_text("tags: {run: {team: vision}}")
    begin_and_end(store)
    for event in events(store):
        assert {"team": "vision"}.items() <= {
            tag["key"]: tag["value"] for tag in event["run"]["facets"]["tags"]["tags"]
        }.items()


def test_a_server_that_is_not_there_is_told_once_and_the_run_goes_on(store, monkeypatch, capsys):
    transport = {"type": "http", "url": "http://127.0.0.1:9"} | QUICK
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    with composed_run(store, "pipeline", {}, seed=None):
        begin_and_end(store, "dataset")
        begin_and_end(store, "train")
    (line,) = told(capsys)
    assert line.startswith("warning: no more OpenLineage events of this run: ConnectionError: ")
    assert "127.0.0.1" in line
    assert [run["status"] for run in store.ledger.runs()] == ["completed"] * 2


def test_a_server_that_refuses_is_told_and_not_asked_again(store, receiver, monkeypatch, capsys):
    receiver.status = 422
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
    begin_and_end(store)
    (line,) = told(capsys)
    assert "422" in line
    assert len(receiver.received) == 1
    assert store.ledger.runs()[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("OPENLINEAGE_CONFIG", "nowhere.yml", "expected a configuration file at OPENLINEAGE_CONFIG=nowhere"),
        ("OPENLINEAGE_CONFIG", "broken.yml", "Couldn't read content of the OpenLineage config file"),
        ("OPENLINEAGE_URL", "nonsense", "Need valid url for OpenLineageClient, passed nonsense"),
        ("OPENLINEAGE__TRANSPORT__TYPE", "my.carrier", "Failed to import my.carrier"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_told(
    store, monkeypatch, capsys, tmp_path, variable, value, line
):
    (tmp_path / "broken.yml").write_text("transport: [1")
    monkeypatch.setenv(variable, value)
    begin_and_end(store)
    lines = told(capsys)
    assert line in lines[-1]
    assert all(told_line.startswith("warning: ") for told_line in lines)
    assert not (store.root / EVENTS_FILE).exists()
    assert store.ledger.runs()[0]["status"] == "completed"


def test_events_that_cannot_be_written_are_told(store, capsys):
    (store.root / "events").write_text("in the way")
    begin_and_end(store)
    (line,) = told(capsys)
    assert line.startswith("warning: no more OpenLineage events of this run: FileExistsError: ")


@pytest.fixture
def _interruptible():
    """SIGINT raises KeyboardInterrupt; a shell starts background jobs with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_a_signal_while_an_event_is_sent_ends_the_run(store, receiver, monkeypatch):
    receiver.on_event = lambda: os.kill(os.getpid(), signal.SIGINT)
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
    with pytest.raises(KeyboardInterrupt), recorded_run(store, "gc", {}, seed=0):
        pytest.fail("the block ran")
