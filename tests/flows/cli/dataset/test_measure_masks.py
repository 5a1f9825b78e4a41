import json

import cv2
import numpy as np
import pytest


@pytest.fixture
def measured(tmp_path, shls):
    """Return a function that measures two photographs of a red box on green."""
    for name in ("images", "truth"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        image = np.full((60, 80, 3), (40, 90, 40), np.uint8)
        image[15:45, 20:60] = (30, 30, 200)
        assert cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), image)
        assert cv2.imwrite(str(tmp_path / "truth" / f"{name}.png"), (image[..., 2] > 100) * np.uint8(255))

    def run(*options):
        folders = ("--images", tmp_path / "images", "--truth", tmp_path / "truth")
        return shls("dataset", "measure-masks", "--backend", "serial", *folders, *options)

    return run


def test_machines_get_one_object(measured):
    result = measured("--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told.keys() == {
        "num_images",
        "num_failed",
        "failed",
        "unmatched",
        "skipped",
        "detector",
        "centre_prior",
        "mean_confidence",
        "advice",
    }
    assert told["num_images"] == 2
    assert told["detector"].keys() == {"mae", "max_f_measure", "s_measure", "mask_iou"}
    assert told["detector"]["mask_iou"] > 0.95 > told["centre_prior"]["mask_iou"]
    assert told["advice"][3] == {
        "min_confidence": 0.3,
        "kept_share": 1.0,
        "mask_iou": pytest.approx(0.97, abs=0.03),
    }


def test_what_is_not_measured_is_said(measured, tmp_path):
    images = tmp_path / "images"
    (images / "film.mov").write_bytes(b"")
    (images / "gone.png").symlink_to("nowhere.png")
    (images / "c.png").write_bytes((images / "a.png").read_bytes())
    (tmp_path / "album").mkdir()
    (images / "b.png").rename(tmp_path / "album" / "b.png")
    (images / "album").symlink_to(tmp_path / "album")
    (tmp_path / "truth" / "album").mkdir()
    (tmp_path / "truth" / "b.png").rename(tmp_path / "truth" / "album" / "b.png")
    result = measured("--json")
    told = json.loads(result.stdout)
    assert told["num_images"] == 2  # one of them in the linked folder
    assert told["unmatched"] == {"photographs without a mask": 1}
    assert {one["kind"]: one["names"] for one in told["skipped"]} == {
        "broken_link": ["gone.png"],
        "video": ["film.mov"],
    }
    assert "1 video left out (film.mov)" in result.stderr.splitlines()


def test_people_get_tables(measured):
    result = measured("--limit", "1")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("1 photographs; mean confidence ")
    for word in ("rbd", "centre prior", "saliency.min_confidence", "configured: 0.3"):
        assert word in result.stdout


def test_a_folder_that_is_not_there_is_one_line(shls, tmp_path):
    result = shls("dataset", "measure-masks", "--images", tmp_path, "--truth", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: expected a folder of maps or masks, found none at ")
