"""What it took to make a stage, of the run that made most of it."""

import json

from tasks.reports.lineage.usage_facts import stage_usage


def run(artifact, computed, usage=None):
    stage = {"artifact": artifact, "rows_computed": computed, "seconds": computed / 2, "usage": usage}
    return {"details": json.dumps({"stages": [stage]})}


def test_the_run_that_computed_most_is_shown():
    used = {"cpu_seconds": 12.34, "peak_bytes": 3 * 10**8, "read_bytes": 10**6, "written_bytes": None}
    runs = [run("a", 2), run("a", 30, used), run("b", 99), run("a", 0)]
    assert {fact.name: fact.value for fact in stage_usage("a", runs)} == {
        "rows computed": "30 in 15.0 s",
        "CPU": "12.3 s",
        "peak memory": "300.0 MB",
        "read": "1.0 MB",
    }


def test_runs_from_before_it_was_measured_and_none_at_all():
    assert [fact.name for fact in stage_usage("a", [run("a", 2)])] == ["rows computed"]
    assert stage_usage("a", [run("a", 0)]) == ()
    assert stage_usage("a", []) == ()
