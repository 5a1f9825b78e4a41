"""Segmenting the clip behind the page: progress, results, an end on request, errors in one line."""

import threading

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from shls_core.files.videos.video import open_video
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.division import division
from tasks.drawing.clip_segmentation import ClipSegmentation, SegmentOptions, free_folder


def small_segmenter():
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)
    return VideoSegmenter(shls_propagator(network, MemoryConfig(), division(num_superpixels=100)))


@pytest.fixture
def mask(tmp_path):
    drawn = np.zeros((120, 160), np.uint8)
    drawn[30:80, 20:70] = 1
    write_mask(tmp_path / "first.png", drawn)
    return tmp_path / "first.png"


def wait(segmentation):
    segmentation._thread.join(120)
    return segmentation.facts()


def test_a_clip_is_segmented_and_every_frame_is_shown(clip, mask, tmp_path):
    segmentation = ClipSegmentation(open_video(clip), small_segmenter)
    assert segmentation.facts()["state"] == "idle"
    segmentation.start(mask, tmp_path / "first_result")
    facts = wait(segmentation)
    assert facts == {
        "state": "done",
        "num_done": 3,
        "num_frames": 3,
        "folder": str(tmp_path / "first_result"),
        "error": None,
        "has_overlay": True,
    }
    masks = sorted((tmp_path / "first_result" / "masks").iterdir())
    assert [path.name for path in masks] == ["a0.png", "a1.png", "a2.png"]
    np.testing.assert_array_equal(read_mask(masks[0]), read_mask(mask))
    shown = cv2.imdecode(np.frombuffer(segmentation.picture(0), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown.shape == (120, 160, 3)
    assert shown[55, 45, 0] < 190, "the object is tinted in dark red"
    with pytest.raises(InputError, match=r"expected a frame 0\.\.2"):
        segmentation.picture(3)


def test_another_run_has_a_folder_of_its_own(clip, mask, tmp_path):
    (tmp_path / "first_result").mkdir()
    (tmp_path / "first_result_2").mkdir()
    assert free_folder(tmp_path / "first_result") == tmp_path / "first_result_3"
    segmentation = ClipSegmentation(open_video(clip), small_segmenter)
    segmentation.start(mask, tmp_path / "first_result")
    assert wait(segmentation)["folder"] == str(tmp_path / "first_result_3")
    assert not any((tmp_path / "first_result").iterdir())


def test_on_request_it_ends_after_the_frame_in_work_and_leaves_nothing(clip, mask, tmp_path):
    loaded = threading.Event()

    def slow():
        assert loaded.wait(60)
        return small_segmenter()

    segmentation = ClipSegmentation(open_video(clip), slow)
    segmentation.start(mask, tmp_path / "first_result")
    with pytest.raises(InputError, match="expected no segmentation in work"):
        segmentation.start(mask, tmp_path / "first_result")
    segmentation._stop.set()
    loaded.set()
    segmentation.stop()
    assert segmentation.facts()["state"] == "stopped"
    assert not (tmp_path / "first_result").exists()


def test_what_goes_wrong_is_one_line(clip, mask, tmp_path):
    def refused():
        raise InputError("expected a checkpoint, got none")

    segmentation = ClipSegmentation(open_video(clip), refused)
    segmentation.start(mask, tmp_path / "first_result")
    facts = wait(segmentation)
    assert (facts["state"], facts["error"]) == ("failed", "expected a checkpoint, got none")


def test_a_defect_is_shown_and_printed(clip, mask, tmp_path, capsys):
    segmentation = ClipSegmentation(open_video(clip), lambda: 1 // 0)
    segmentation.start(mask, tmp_path / "first_result")
    assert wait(segmentation)["error"] == "unexpected ZeroDivisionError: integer division or modulo by zero"
    assert "segmentation: unexpected ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (SegmentOptions(), "--checkpoint pretrained --overlay"),
        (SegmentOptions(("pretrained", "3fa9c1")), "--checkpoint pretrained --checkpoint 3fa9c1 --overlay"),
        (SegmentOptions((), "my store", 640), "--store 'my store' --max-side 640 --overlay"),
    ],
)
def test_the_command_does_the_same(tmp_path, options, words):
    command = options.command(tmp_path, tmp_path / "a.png", tmp_path / "out")
    assert command == f"shls segment {tmp_path} --mask {tmp_path / 'a.png'} --out {tmp_path / 'out'} {words}"
