"""A folder that drifted, by the command: held back with its reasons; the folder as it was passes."""

import json
import shutil

import cv2
import numpy as np
import pytest
import skimage.data

from storage.store import Store

SIDE_PX = 72


def some_photographs(folder, count=24):
    """Parts of one photograph, each with a disc of its own colour: something salient."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    picture = skimage.data.coffee()
    for number in range(count):
        top, left = rng.integers(0, picture.shape[0] - SIDE_PX), rng.integers(0, picture.shape[1] - SIDE_PX)
        part = picture[top : top + SIDE_PX, left : left + SIDE_PX].copy()
        centre = tuple(int(value) for value in rng.integers(26, SIDE_PX - 26, 2))
        cv2.circle(part, centre, 13, tuple(int(value) for value in rng.integers(60, 256, 3)), -1)
        assert cv2.imwrite(str(folder / f"{number:02}.png"), part)
    return folder


def darken_all_and_crop_half(folder):
    for number, path in enumerate(sorted(folder.glob("*.png"))):
        picture = cv2.imread(str(path))
        picture = picture[4:68, 4:68] if number % 2 else picture
        assert cv2.imwrite(str(path), (picture * 0.3).astype(np.uint8))


@pytest.mark.slow
def test_a_drifted_folder_is_held_back_and_the_same_folder_as_before_passes(shls, tmp_path, config_file):
    folder, store = some_photographs(tmp_path / "photographs"), tmp_path / "store"
    build = ("dataset", "build", "--config", config_file(), "--images", folder, "--store", store)
    first = shls(*build, "--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["drift"]["verdict"] == "first"
    assert "nothing to compare with: the first version under this name" in first.stderr

    kept = shutil.copytree(folder, tmp_path / "kept")
    darken_all_and_crop_half(folder)
    drifted = shls(*build)
    assert drifted.exit_code == 1
    (line,) = [line for line in drifted.stderr.splitlines() if line.startswith("error: ")]
    assert "drifted from tiny@v1 and is held back, not published: " in line
    assert "sequences.brightness" in line
    opened = Store.open(store)
    run = opened.ledger.runs()[-1]
    found = json.loads(run["details"])["drift"]
    assert (run["status"], found["verdict"], found["name"]) == ("failed", "held back", "tiny@v1")
    assert len(found["reasons"]) >= 1
    assert [row["version"] for row in opened.names.rows()] == [1]

    status = json.loads(shls("status", "--store", store, "--json").stdout)
    (named,) = status["store"]["names"]
    assert (named["newest"], named["drift"], named["last_run"]) == ("tiny@v1", "held back", "failed")
    assert status["freshness"]["tiny"]["state"] == "stale"

    shown = shls("dataset", "diff", "tiny@v1", run["outputs"][0], "--store", store)
    assert "too far: " in shown.stdout
    page = tmp_path / "page.html"
    assert shls("report", run["outputs"][0], "--store", store, "--out", page).exit_code == 0
    assert "too far, held back." in page.read_text(encoding="utf-8")

    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    again = shls(*build, "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["drift"]["verdict"] == "same"

    darken_all_and_crop_half(folder)
    accepted = shls(*build, "--accept-drift", "--json")
    assert accepted.exit_code == 0, accepted.output
    outcome = json.loads(accepted.stdout)
    assert (outcome["name"], outcome["drift"]["verdict"]) == ("tiny@v2", "accepted")
    assert "drift        accepted: sequences.brightness" in accepted.stderr
    assert json.loads(shls(*build, "--json").stdout)["drift"]["verdict"] == "same"
