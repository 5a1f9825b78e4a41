"""The ledger, asked by artifact, on runs whose answers are known."""

import json

import pytest

from storage.kinds import RecordKind
from storage.tables.runs_by_artifact import RunsByArtifact

OLD, NEW, WEIGHTS, OTHER, SCORE, STONE = (digit * 64 for digit in "012345")


def row(number, kind, inputs=(), outputs=(), status="completed", **details):
    return {
        "number": number,
        "kind": kind,
        "inputs": list(inputs),
        "outputs": list(outputs),
        "status": status,
        "started_at": f"2026-01-0{number}",
        "details": json.dumps(details),
    }


ROWS = [
    row(1, "dataset", (), [OLD], stages=[{"name": "ingest", "artifact": "i", "status": "computed"}]),
    row(2, "tag", (), [OLD], name="mine@v1"),
    row(3, "dataset", (), [NEW], "failed", stages=[{"name": "ingest", "artifact": "i", "status": "cached"}]),
    row(4, "train", [NEW], [WEIGHTS]),
    row(5, "train", [NEW], [OTHER], "failed"),
    row(6, "import", [NEW], [WEIGHTS]),
    row(7, "evaluate", [WEIGHTS], [SCORE]),
    row(8, "purge", (), [STONE]),
    row(9, "gc", datasets=[OLD]),
]


@pytest.fixture
def runs():
    return RunsByArtifact(ROWS)


def numbers(found):
    return [one["number"] for one in found]


def test_a_run_that_gave_a_name_ends_with_an_artifact_and_did_not_make_it(runs):
    assert numbers(runs.with_output(OLD)) == [1, 2]
    assert numbers(runs.that_made(OLD)) == [1]
    assert numbers(runs.that_made(WEIGHTS)) == [4, 6]
    assert runs.that_made("f" * 64) == runs.with_output("f" * 64) == []


def test_only_runs_that_make_a_kind_of_record_made_one_of_it(runs):
    assert numbers(runs.that_made(WEIGHTS, RecordKind.CHECKPOINT)) == [4, 6]
    assert runs.that_made(WEIGHTS, RecordKind.EVALUATION) == []


def test_failures_made_nothing_from_a_thing_and_what_was_found_made_is_there_once(runs):
    assert runs.made_from(NEW, RecordKind.CHECKPOINT) == (WEIGHTS,)
    assert runs.made_from(WEIGHTS, RecordKind.EVALUATION) == (SCORE,)
    assert runs.made_from(WEIGHTS, RecordKind.CHECKPOINT) == ()


def test_stages_are_known_by_the_runs_that_came_to_them(runs):
    assert [(one["number"], how) for one, how in runs.that_staged("i")] == [(1, "computed"), (3, "cached")]
    assert runs.that_staged("other") == []
    assert runs.staged_first(["other", "i"]) == "i"
    assert runs.staged_first(["a", "b"]) == "a"
    assert runs.stages_of(NEW) == {"ingest": "i"}
    assert runs.stages_of(WEIGHTS) == {}


def test_everything_that_was_made_is_known_by_the_beginning_of_its_id(runs):
    assert runs.made("0" * 6) == {OLD: RecordKind.DATASET}
    assert runs.made(STONE) == {STONE: RecordKind.TOMBSTONE}
    assert set(runs.made("")) == {OLD, NEW, WEIGHTS, OTHER, SCORE, STONE}
    assert runs.mentioned() == {OLD, NEW, WEIGHTS, OTHER, SCORE, STONE}


def test_collected_datasets_are_known_by_their_day(runs):
    assert runs.collected() == {OLD: "2026-01-09"}
