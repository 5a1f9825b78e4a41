"""`shls status` on a store in which the pipeline ran once."""

import json
import re

import pytest

from storage.files.jobs import running_job
from storage.store import Store


@pytest.fixture
def no_server(monkeypatch):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


def test_everything_is_there_as_json(shls, first_run, used_store):
    with running_job(Store.open(used_store).backend, "train"):
        done = shls("status", "--store", used_store, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    (job,) = found["store"]["jobs"]
    assert job["kind"] == "train"
    (named,) = found["store"]["names"]
    assert (named["name"], named["newest"]) == ("tiny", "tiny@v1")
    assert named["dataset"] == first_run.outcome.dataset.dataset
    assert (named["last_run"], named["verdict"], named["drift"]) == ("completed", "passed", "first")
    assert found["freshness"]["tiny"]["state"] == "fresh"
    assert [run["kind"] for run in found["store"]["runs"]] == ["evaluate", "train", "dataset"]
    assert all(run["cpu_seconds"] > 0 for run in found["store"]["runs"])
    files = [path for path in used_store.rglob("*") if path.is_file() and "running" not in path.parts]
    marks = found["store"]["size"]["parts"].get("running", 0)
    assert found["store"]["size"]["bytes"] - marks == sum(path.stat().st_size for path in files)
    assert found["store"]["size"]["num_objects"] == len(list((used_store / "objects").glob("*/*")))


def test_lines_for_people_and_a_page_that_asks_for_nothing(shls, first_run, tmp_path, no_server):
    page = tmp_path / "status.html"
    done = shls("status", "--store", first_run.store, "--page", page, "--quick")
    assert done.exit_code == 0, done.output
    assert "running: nothing" in done.stdout
    assert "scheduled: no Prefect server is configured" in done.stdout
    assert re.search(r"tiny@v1 .* freshness not asked, last confirmed 20", done.stdout)
    written = page.read_text(encoding="utf-8")
    assert "tiny@v1" in written
    assert "3 runs took" in written
    assert "No Prefect server is configured." in written
    assert not re.search(r"(src|href)=\"(?!#|data:)", written)


def test_a_server_that_does_not_answer_is_named_and_ends_nothing(shls, first_run, monkeypatch):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        done = shls("status", "--store", first_run.store, "--quick")
    assert done.exit_code == 0, done.output
    assert "http://127.0.0.1:9/api does not answer" in done.stdout


def test_no_store_is_one_line(shls, tmp_path):
    done = shls("status", "--store", tmp_path / "nothing")
    assert done.exit_code == 1
    assert "expected a store at" in done.stderr
