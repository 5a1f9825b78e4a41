"""`shls segment --mask salient`: a clip without anybody who draws."""

import json

import cv2
import numpy as np
import pytest

from flows.api import segment
from shls_core.files.masks.label_files import read_mask

OPTIONS = ("--checkpoint", "pretrained", "--superpixels", 100)


@pytest.fixture
def frames(clip):
    """The frames of the shared clip: an orange square, rows 20 to 43, columns 20 to 49 of the first one."""
    return clip[0]


def test_the_most_salient_object_is_taken_named_and_written(shls, frames, tmp_path):
    result = shls("segment", frames, "--mask", "salient", "--out", tmp_path / "out", *OPTIONS, "--json")
    assert result.exit_code == 0, result.stderr
    taken = read_mask(tmp_path / "out" / "first_mask.png")
    square = np.zeros((64, 96), bool)
    square[20:44, 20:50] = True
    assert ((taken == 1) & square).sum() / ((taken == 1) | square).sum() > 0.9
    found = json.loads(result.stdout)["salient"]
    assert found["mask"] == str(tmp_path / "out" / "first_mask.png")
    assert found["frame"] == "0"
    assert found["share"] == pytest.approx((taken > 0).mean(), abs=1e-4)
    assert 0.3 <= found["confidence"] <= 1
    said = f"{found['share']:.1%} of it, confidence {found['confidence']:.2f}: {found['mask']}"
    assert f"first mask: the most salient object of frame 0, {said}" in result.stderr
    np.testing.assert_array_equal(read_mask(tmp_path / "out" / "masks" / "0.png"), taken)


def test_nothing_salient_is_one_line_and_makes_nothing(shls, tmp_path):
    (tmp_path / "grey").mkdir()
    cv2.imwrite(str(tmp_path / "grey" / "0.png"), np.full((64, 96, 3), 128, np.uint8))
    grey, out = tmp_path / "grey", tmp_path / "out"
    result = shls("segment", grey, "--mask", "salient", "--out", out, *OPTIONS)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert f"expected an object that stands out, found none ({grey}, frame 0)" in result.stderr
    assert f"shls mask {grey} --out first.png" in result.stderr
    assert not out.exists()


def test_results_of_before_are_kept(shls, frames, tmp_path):
    out = tmp_path / "out"
    (out / "masks").mkdir(parents=True)
    (out / "masks" / "0.png").write_bytes(b"of before")
    result = shls("segment", frames, "--mask", "salient", "--out", out, *OPTIONS)
    assert result.exit_code == 1
    assert "choose another --out" in result.stderr
    assert not (out / "first_mask.png").exists()


def test_files_of_before_are_kept(shls, clip):
    frames, _, mask = clip
    own = mask.rename(mask.with_name("first_mask.png"))
    before = own.read_bytes()
    for out, said in ((own.parent, "first_mask.png, which exists"), (frames, "the folder of the frames")):
        result = shls("segment", frames, "--mask", "salient", "--out", out, *OPTIONS)
        assert result.exit_code == 1
        assert said in result.stderr
    assert own.read_bytes() == before
    assert sorted(path.name for path in frames.iterdir()) == ["0.png", "1.png", "2.png"]


def test_the_word_stands_alone(shls, clip, tmp_path):
    frames, _, mask = clip
    result = shls("segment", frames, "--mask", "salient", "--mask", mask, "--out", tmp_path / "o", *OPTIONS)
    assert result.exit_code == 1
    assert "expected --mask salient alone, got 2 masks; a file of that name is ./salient" in result.stderr


def test_a_file_of_that_name_is_a_file(shls, clip, tmp_path, monkeypatch):
    frames, _, mask = clip
    mask.rename(tmp_path / "salient")
    monkeypatch.chdir(tmp_path)
    result = shls("segment", frames, "--mask", "./salient", "--out", "out", *OPTIONS, "--json")
    assert result.exit_code == 0, result.stderr
    assert "salient" not in json.loads(result.stdout)
    np.testing.assert_array_equal(
        read_mask(tmp_path / "out" / "masks" / "0.png"), read_mask(tmp_path / "salient")
    )


def test_in_python_the_word_does_the_same(frames):
    masks = dict(segment(frames, "salient"))
    assert list(masks) == ["0", "1", "2"]
    assert masks["0"][32, 35] == 1
    assert masks["2"][32, 45] == 1
