"""`shls evaluate` on benchmarks as a person runs it."""

import json

import pytest


@pytest.fixture
def evaluate(shls, first_run, used_store, tmp_path):
    def run(root, *options):
        where = ("--out", tmp_path / "masks", "--store", used_store, "--config", first_run.config)
        return shls("evaluate", "--benchmark", root, *where, "--superpixels", 30, *options)

    return run


def test_a_submission_in_json(evaluate, youtube_vos, first_run, tmp_path):
    result = evaluate(youtube_vos, "--format", "youtube-vos", "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert printed.pop("submission")
    assert printed == {
        "checkpoint": first_run.outcome.training.checkpoint,
        "dataset": first_run.outcome.dataset.dataset,
        "masks": str(tmp_path / "masks" / "Annotations"),
        "num_masks": 7,
    }


def test_people_are_told_what_to_submit(evaluate, youtube_vos):
    told = evaluate(youtube_vos, "--format", "youtube-vos").stdout
    assert told.startswith("7 masks in ")
    assert "submit this folder as a zip" in told


def test_davis_is_the_format_and_may_be_the_option(evaluate, davis_benchmark, shls, used_store, tmp_path):
    result = evaluate(davis_benchmark[0], "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["benchmark"] == "DAVIS-2017"
    out = ("--out", tmp_path / "new", "--store", used_store)
    refused = shls("evaluate", "--davis", davis_benchmark[0], "--split", "train", *out)
    assert "splits there: val" in refused.stderr


def one_line(result):
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format", "coco"), "expected --format davis or youtube-vos, got coco"),
        (("--format", "youtube-vos", "--split", "test"), "splits there: valid, valid_all_frames"),
        (("--checkpoint", "0123456789"), "expected the name or id of a checkpoint"),
        (("--year", "2020"), "expected --year 2016 or 2017, got 2020"),
    ],
)
def test_bad_input_is_one_line_and_makes_nothing(evaluate, youtube_vos, tmp_path, options, told):
    assert told in one_line(evaluate(youtube_vos, *options))
    assert not (tmp_path / "masks").exists()


def test_a_damaged_mask_leaves_no_half_made_video(evaluate, youtube_vos, tmp_path):
    (youtube_vos / "valid" / "Annotations" / "dog" / "00010.png").write_bytes(b"no image")
    told = one_line(evaluate(youtube_vos, "--format", "youtube-vos"))
    assert "got a file that is none, or is damaged" in told
    assert [path.name for path in (tmp_path / "masks" / "Annotations").iterdir()] == ["cat"]
