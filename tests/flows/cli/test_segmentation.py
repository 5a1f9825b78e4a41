"""`shls segment` as a person runs it: a folder of frames, a mask, the checkpoint trained last."""

import json

import cv2
import numpy as np
import pytest

from shls_core.davis.mask_files import read_mask, write_mask


@pytest.fixture
def clip(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3):
        frame = np.random.default_rng(number).integers(0, 255, (40, 56, 3), dtype=np.uint8)
        cv2.imwrite(str(frames / f"{number}.png"), frame)
    mask = np.zeros((40, 56), np.uint8)
    mask[10:30, 10:30], mask[10:30, 35:50] = 1, 2
    write_mask(tmp_path / "first.png", mask)
    return frames, tmp_path / "first.png", tmp_path / "out"


def test_masks_pictures_and_json(shls, first_run, clip):
    frames, mask, out = clip
    options = ("--store", first_run.store, "--superpixels", 40, "--overlay", "--json")
    result = shls("segment", frames, "--mask", mask, "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "checkpoint": first_run.outcome.training.checkpoint,
        "num_frames": 3,
        "num_objects": 2,
        "masks": str(out / "masks"),
        "contact_sheet": str(out / "contact_sheet.png"),
        "overlay": str(out / "overlay.mp4"),
    }
    assert sorted(path.name for path in out.iterdir()) == ["contact_sheet.png", "masks", "overlay.mp4"]
    np.testing.assert_array_equal(read_mask(out / "masks" / "0.png"), read_mask(mask))


def test_people_are_told_where_to_look(shls, first_run, clip):
    frames, mask, out = clip
    told = shls("segment", frames, "--mask", mask, "--out", out, "--store", first_run.store).stdout
    assert told.startswith("3 frames, 2 objects: masks in ")
    assert "contact_sheet.png" in told


def test_bad_input_is_one_line(shls, first_run, clip):
    frames, mask, out = clip
    write_mask(mask, np.ones((10, 10), np.uint8))
    result = shls("segment", frames, "--mask", mask, "--out", out, "--store", first_run.store)
    assert result.exit_code == 1
    assert "expected a mask of the frame's size, 56x40, got 10x10" in result.stderr
    assert len(result.stderr.splitlines()) == 1
