"""`shls score` as a person runs it."""

import json

import pytest
from typer.testing import CliRunner

from flows.cli.app import app


@pytest.fixture
def score(davis_benchmark):
    root, results = davis_benchmark

    def run(*options):
        options = ("--davis", root, "--results", results, "--workers", 1, *options)
        return CliRunner().invoke(app, ["score", *map(str, options)])

    return run


def test_the_tables_lie_beside_the_results_in_place_of_older_ones(score, davis_benchmark):
    _, results = davis_benchmark
    (results / "global_results-val.csv").write_text("old")
    assert score().exit_code == 0
    lines = (results / "global_results-val.csv").read_text().splitlines()
    assert lines[0] == "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay"
    assert lines[1].split(",")[1] == f"{(1 / 3 + 1 + 1) / 3:.3f}"
    assert (results / "per-sequence_results-val.csv").read_text().splitlines()[1:] == [
        # Of the ring of 24 px around either square, 12 lie within 1 px of the other ring: P = R = 1/2.
        "judo_1,0.333,0.500",
        "judo_2,1.000,1.000",
        "dog_1,1.000,1.000",
    ]
    assert {path.name for path in results.iterdir()} == {
        "judo",
        "dog",
        "global_results-val.csv",
        "per-sequence_results-val.csv",
    }


def test_json_holds_every_object(score):
    printed = json.loads(score("--json").stdout)
    assert set(printed["global"]) == {
        "J&F-Mean", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay",
    }  # fmt: skip
    assert [(one["sequence"], one["object_id"]) for one in printed["objects"]] == [
        ("judo", 1),
        ("judo", 2),
        ("dog", 1),
    ]


def test_people_see_a_table(score):
    shown = score().stdout
    assert "DAVIS-2017 val: 3 objects" in shown
    assert "judo_2" in shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--split", "test"), "splits there: val"),
        (("--year", "2015"), "expected --year 2016 or 2017, got 2015"),
        (("--results", "nowhere"), "expected a folder of results"),
    ],
)
def test_bad_input_is_one_line(score, options, told):
    result = score(*options)
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
