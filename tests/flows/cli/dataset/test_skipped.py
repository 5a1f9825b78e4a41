"""What a folder holds besides photographs is said by `plan`, `build`, `show`, JSON, ledger and page."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

LINES = (
    "1 broken link left out (gone.jpg)",
    "1 file cannot be read and becomes a rejected row (coffee.jpg: permission denied)",
    "2 videos left out (clip.mov, late.mp4)",
    "1 of 2 rows of photographs.csv is about no file in the folder, and is not used (anna.jpg)",
    "2 hidden or system files left out (@eaDir/, Thumbs.db)",
)


@pytest.fixture
def folder(photographs, tmp_path):
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    for name in ("clip.mov", "late.mp4"):
        (folder / name).write_bytes(b"\0\0\0\x14ftypqt  ")
    (folder / "@eaDir").mkdir()
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "photographs.csv").write_text("file_name,consent\nanna.jpg,withdrawn\nrocket.jpg,given\n")
    (folder / "coffee.jpg").chmod(0)
    return folder


def test_everything_that_is_left_out_is_said(shls, config_file, tmp_path, folder, without_root_rights):
    config = config_file(gate={"max_unmatched_note_share": 0.5}, ingest={"images": str(folder)})
    options = ("--config", config, "--store", tmp_path / "store")
    with without_root_rights():
        planned = shls("dataset", "plan", *options, "--json")
        built = shls("dataset", "build", *options, "--json")
    assert (planned.exit_code, built.exit_code) == (0, 0)
    plan, build = json.loads(planned.stdout), json.loads(built.stdout)
    ingest = build["stages"][0]
    assert plan["skipped"] == ingest["skipped"]
    assert {one["kind"]: (one["count"], one["names"]) for one in plan["skipped"]} == {
        "broken_link": (1, ["gone.jpg"]),
        "unreadable_file": (1, ["coffee.jpg: permission denied"]),
        "video": (2, ["clip.mov", "late.mp4"]),
        "unmatched_note": (1, ["anna.jpg"]),
        "dropping": (2, ["@eaDir/", "Thumbs.db"]),
    }
    assert plan["rejected"] == ingest["rejected_reasons"] == {"not readable: permission denied": 1}
    for line in LINES:
        assert line in planned.stderr
        assert line in built.stderr

    shown = json.loads(shls("dataset", "show", build["dataset"], *options[2:], "--json").stdout)
    kept = {one["kind"]: one["count"] for one in shown["stages"][0]["skipped"]}
    assert kept == {"broken_link": 1, "video": 2, "unmatched_note": 1}
    assert "2 videos left out\n" in shls("dataset", "show", build["dataset"], *options[2:]).stdout
    (page,) = (tmp_path / "runs").glob("*/report.html")
    assert "<li>2 videos left out</li>" in page.read_text(encoding="utf-8")

    from storage.store import Store

    (run,) = Store.open(tmp_path / "store").ledger.runs()
    noted = json.loads(run["details"])["stages"][0]["skipped"]
    assert {one["kind"]: one["count"] for one in noted}["dropping"] == 2
    assert "anna" not in run["details"]


def test_a_preview_says_it_too(shls, config_file, tmp_path, folder):
    options = ("--config", config_file(ingest={"images": str(folder)}), "--store", tmp_path / "store")
    result = shls("dataset", "preview", *options, "--count", "1", "--out", tmp_path / "look.png", "--json")
    assert result.exit_code == 0
    skipped = json.loads(result.stdout)["skipped"]
    assert {one["kind"]: one["count"] for one in skipped}["video"] == 2
    assert "2 videos left out (clip.mov, late.mp4)" in result.stderr


def test_a_plan_counts_maps_and_photographs_without_a_counterpart(shls, config_file, tmp_path, photographs):
    maps = tmp_path / "maps"
    maps.mkdir()
    for name in ("coffee.png", "another.png"):
        Image.fromarray(np.zeros((64, 64), np.uint8)).save(maps / name)
    config = config_file(ingest={"images": str(photographs)}, saliency={"detector": f"maps:{maps}"})
    planned = shls("dataset", "plan", "--config", config, "--store", tmp_path / "store", "--json")
    unmatched = json.loads(planned.stdout)["unmatched"]
    assert unmatched["maps without a photograph"] == 1
    assert f"unmatched: {unmatched['photographs without a map']} photographs without a map" in planned.stderr


def test_a_table_that_is_about_other_photographs_fails_the_gate(shls, config_file, tmp_path, folder):
    options = ("--config", config_file(ingest={"images": str(folder)}), "--store", tmp_path / "store")
    result = shls("dataset", "build", *options)
    assert result.exit_code == 1
    error = result.stderr.splitlines()[-1]
    assert error.startswith("error: dataset ")
    assert "first: ingest.unmatched_note_share" in error
    assert "all at 0.5" in error


@pytest.mark.slow
def test_workers_and_a_second_run_agree_about_what_cannot_be_read(
    shls, config_file, tmp_path, folder, without_root_rights
):
    config = config_file(gate={"max_unmatched_note_share": 0.5}, ingest={"images": str(folder)})
    made = []
    for store, backend in (("one", "serial"), ("two", "ray"), ("two", "serial")):
        with without_root_rights():
            options = ("--config", config, "--store", tmp_path / store, "--backend", backend, "--json")
            made.append(json.loads(shls("dataset", "build", *options).stdout))
    assert len({build["dataset"] for build in made}) == 1
    assert {stage["status"] for stage in made[2]["stages"]} == {"cached"}
    skipped = [build["stages"][0]["skipped"] for build in made]
    assert skipped[0] == skipped[1] == skipped[2]
