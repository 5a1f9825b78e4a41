"""`shls lineage` on a store in which the whole pipeline ran."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.canonical import digest_bytes

TOO_SLOW = ("torch", "pandas", "prefect", "ray", "great_expectations", "cv2", "skimage", "scipy", "faiss")
WHAT_IS_IMPORTED = f"""
import sys
sys.argv = ["shls", *sys.argv[1:]]
from flows.cli.app import app
try:
    app()
except SystemExit as end:
    assert not end.code, end.code
print([name for name in {TOO_SLOW!r} if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture
def lineage(shls, first_run, monkeypatch):
    """Return a function that runs `shls lineage` on the store of the first run."""
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *arguments: shls("lineage", *arguments, "--store", first_run.store)


def one_line(result) -> str:
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_up_is_a_tree_from_the_score_to_the_photographs(lineage, first_run, photographs):
    outcome = first_run.outcome
    shown = lineage("up", outcome.evaluation.evaluation[:10]).stdout
    places = [
        shown.index(what)
        for what in (
            f"evaluation {outcome.evaluation.evaluation[:12]}",
            "evaluate run",
            f"checkpoint {outcome.training.checkpoint[:12]}",
            "train run",
            f"dataset {outcome.dataset.dataset[:12]}  tiny@v1, verdict: passed",
            "dataset run",
            *(f"{stage.name} {stage.artifact[:12]}  {stage.rows} rows" for stage in outcome.dataset.stages),
            "8 photographs",
        )
    ]
    assert places == sorted(places)
    assert re.search(r"parameters decode_rule \d, max_side \d+, min_side \d+\n", shown)
    assert re.search(r"saliency\S*.*and \d+ more \(--full\)", shown)
    assert "saliency.detector" not in shown
    full = lineage("up", outcome.evaluation.evaluation[:10], "--full").stdout
    assert "saliency.detector: rbd" in full
    assert "more (--full)" not in full
    assert re.search(r"by \S+ on \S+, 20\d\d-\d\d-\d\d \d\d:\d\d UTC, .* completed, seed 0; commit ", shown)
    names = sorted(path.name for path in photographs.iterdir())
    assert [name for name in names if name in shown] == names[:5]
    every = lineage("up", outcome.evaluation.evaluation[:10], "--all").stdout
    assert [name for name in names if name in every] == names


def test_up_of_a_sample_shows_its_masks_with_their_roles(lineage, first_run):
    graph = json.loads(lineage("up", "tiny", "--json").stdout)
    sample = next(node["id"] for node in graph["nodes"] if node["kind"] == "sample")
    shown = lineage("up", sample[:12]).stdout
    assert f"sample {sample[:12]}" in shown
    assert "template: mask " in shown
    assert "made by sequences, code " in shown
    assert "made by superpixels, code " in shown


def test_json_has_every_node_and_edge(lineage, first_run):
    graph = json.loads(lineage("up", first_run.outcome.training.checkpoint, "--json").stdout)
    assert graph["root"] == first_run.outcome.training.checkpoint
    ids = [node["id"] for node in graph["nodes"]]
    assert len(ids) == len(set(ids))
    assert {end for edge in graph["edges"] for end in edge} <= set(ids)
    assert {node["kind"] for node in graph["nodes"]} == {
        *("checkpoint", "dataset", "stage", "shard", "photograph", "mask", "sample", "run")
    }


def test_down_tells_how_every_checkpoint_saw_the_photograph(lineage, first_run, photographs):
    checkpoint = first_run.outcome.training.checkpoint
    for path in sorted(photographs.iterdir()):
        told = json.loads(lineage("down", path, "--json").stdout)
        assert told["photograph"] == digest_bytes(path.read_bytes())
        (exposure,) = told["checkpoints"]
        assert exposure["checkpoint"] == checkpoint
        shown = lineage("down", path.name).stdout
        how = {"trained": "trained: drawn ", "never drawn": "in its dataset, never drawn in its 3 steps"}
        assert f"{checkpoint[:12]}  {how[exposure['how']]}" in shown
        assert f"evaluation {first_run.outcome.evaluation.evaluation[:12]}  J&F " in shown
        assert "tiny@v1" in shown
        assert path.name in shown


def test_a_photograph_that_was_never_seen_is_an_empty_answer_for_scripts(lineage, tmp_path):
    path = tmp_path / "new.jpg"
    path.write_bytes(b"never seen")
    image = digest_bytes(b"never seen")
    for reference in (path, image):
        told = lineage("down", reference, "--json")
        assert told.exit_code == 0
        answer = json.loads(told.stdout)
        assert (answer["photograph"], answer["is_known"]) == (image, False)
        assert all(answer[what] == [] for what in ("rows", "shards", "datasets", "checkpoints", "scores"))
        line = one_line(lineage("down", reference))
        assert line.startswith(f"error: no dataset in this store has seen photograph {image}")
    assert one_line(lineage("up", path)) == f"error: no dataset in this store has seen photograph {image}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("up birds", "expected the name, id or file of a dataset, checkpoint, score, stage, .* got 'birds'"),
        (
            "down birds.jpg",
            "expected an image file, or the id or file name of a photograph .* got 'birds.jpg'",
        ),
        ("down tiny", "expected a photograph, got a dataset: tiny"),
        ("up tiny --json --dot", "expected one of --json and --dot, got both"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_line(lineage, arguments, told):
    assert re.search(told, one_line(lineage(*arguments.split())))


@pytest.mark.parametrize("name", ["lineage up", "lineage down"])
def test_help_shows_an_example(shls, name):
    text = " ".join(shls(*name.split(), "--help").stdout.split())
    assert f"shls {name}" in text.split("Example")[1]


@pytest.mark.parametrize("arguments", ["up tiny", "down coffee.png --json", "up tiny --dot"])
def test_nothing_slow_is_imported(first_run, arguments):
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_IMPORTED, "lineage", *arguments.split(), "--store", first_run.store],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[4],
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_it(lineage):
    text = lineage("up", "tiny", "--dot").stdout
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True)
    assert "<svg" in drawn.stdout
