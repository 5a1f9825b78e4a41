"""A clip in; masks, a contact sheet and an overlay out."""

import cv2
import numpy as np
import pytest

from shls_core.davis.mask_files import read_mask, write_mask
from shls_core.errors import InputError
from shls_core.memory.config import MemoryConfig
from shls_core.network.config import NetworkConfig
from shls_core.network.shls_network import new_network
from shls_core.propagation.propagator import Propagator
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.video.frames import open_video
from shls_core.video.mask_files import MaskFiles
from tasks.segmentation import segment_video


@pytest.fixture(scope="module")
def segmenter():
    network = new_network(NetworkConfig(width_multiplier=0.125), seed=0)
    return VideoSegmenter(Propagator(network, MemoryConfig()), num_superpixels=60)


@pytest.fixture
def clip(tmp_path):
    """A red square that moves over noise, as images of 64x48, and its first mask."""
    frames = tmp_path / "frames"
    frames.mkdir()
    noise = np.random.default_rng(0).integers(0, 60, (48, 64, 3), dtype=np.uint8)
    for number in range(5):
        frame = noise.copy()
        frame[10:30, 10 + 4 * number : 30 + 4 * number] = (0, 0, 250)
        cv2.imwrite(str(frames / f"{number:03d}.png"), frame)
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 10:30] = 2
    write_mask(tmp_path / "first.png", mask)
    return frames, tmp_path / "first.png", tmp_path / "out"


def test_every_frame_gets_a_mask_of_its_name(segmenter, clip):
    frames, mask, out = clip
    done = segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out, with_overlay=True)
    assert (done.num_frames, done.num_objects) == (5, 1)
    assert [path.name for path in sorted(done.masks.iterdir())] == [
        f"{number:03d}.png" for number in range(5)
    ]
    np.testing.assert_array_equal(read_mask(done.masks / "000.png"), read_mask(mask))
    last = read_mask(done.masks / "004.png") == 2
    truth = np.zeros((48, 64), bool)
    truth[10:30, 26:46] = True
    assert (last & truth).sum() / (last | truth).sum() > 0.7
    assert len(list(open_video(done.overlay).frames())) == 5
    assert cv2.imread(str(done.contact_sheet)).shape == (2 * 240, 4 * 320, 3)


def test_a_mask_of_0_and_255_is_one_object(segmenter, clip):
    frames, mask, out = clip
    cv2.imwrite(str(mask), (read_mask(mask) > 0).astype(np.uint8) * 255)
    done = segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out)
    assert np.unique(read_mask(done.masks / "000.png")).tolist() == [0, 1]
    assert done.overlay is None


def test_an_empty_mask_is_refused_before_anything_is_written(segmenter, clip):
    frames, mask, out = clip
    write_mask(mask, np.zeros((48, 64), np.uint8))
    with pytest.raises(InputError, match="background only"):
        segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out)
    assert not out.exists()


def test_masks_of_another_run_are_not_mixed_in(segmenter, clip):
    frames, mask, out = clip
    (out / "masks").mkdir(parents=True)
    (out / "masks" / "000.png").touch()
    with pytest.raises(InputError, match="which holds some: choose another --out"):
        segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out)


def test_a_damaged_frame_leaves_the_masks_before_it(segmenter, clip):
    frames, mask, out = clip
    (frames / "003.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"cannot read .*003\.png.*frames done before: 3"):
        segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out, with_overlay=True)
    assert len(list((out / "masks").iterdir())) == 3
    assert not (out / "overlay.mp4").exists()
