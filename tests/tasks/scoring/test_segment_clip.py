"""A clip in; masks, a contact sheet and an overlay out."""

import gc
import pathlib
import tracemalloc

import av
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
from shls_core.video.clip import Clip
from shls_core.video.mask_files import MaskFiles
from tasks.scoring.segment_clip import segment_video
from tasks.terminal import print_line


@pytest.fixture(scope="module")
def segmenter():
    network = new_network(ShlsNetwork, NetworkConfig(width_multiplier=0.125), seed=0)
    return VideoSegmenter(shls_propagator(network, MemoryConfig(), division(num_superpixels=60)))


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
    assert (done.num_frames, len(done.objects)) == (5, 1)
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


def test_a_mask_of_another_size_leaves_nothing_behind(segmenter, clip):
    frames, mask, out = clip
    write_mask(mask, np.ones((40, 64), np.uint8))
    with pytest.raises(InputError, match=r"expected a mask of the frame's size, 64x48, got 64x40$"):
        segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), out, with_overlay=True)
    assert not out.exists()


def test_masks_of_several_frames(segmenter, clip, tmp_path):
    frames, mask, out = clip
    later = np.zeros((48, 64), np.uint8)
    later[33:46, 5:25] = 9
    write_mask(tmp_path / "003.png", later)
    given = MaskFiles({1: mask, 3: tmp_path / "003.png"})
    done = segment_video(segmenter, open_video(frames), given, out)
    assert [one.label for one in done.objects] == [2, 9]
    found = [np.unique(read_mask(path)).tolist() for path in sorted(done.masks.iterdir())]
    assert found[:4] == [[0], [0, 2], [0, 2], [0, 2, 9]]


def test_a_damaged_frame_of_a_file_has_a_mask_and_is_said(segmenter, clip, tmp_path, capfd):
    frames, mask, out = clip
    pictures = [cv2.imread(str(path))[..., ::-1] for path in sorted(frames.iterdir())]
    with av.open(str(tmp_path / "clip.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))))
        container.mux(stream.encode(None))
    data = bytearray((tmp_path / "clip.avi").read_bytes())
    third, fourth = [at for at in range(len(data)) if data[at : at + 3] == b"\xff\xd8\xff"][2:4]
    half = (third + fourth) // 2
    data[half : half + 300] = bytes(300)
    (tmp_path / "clip.avi").write_bytes(data)
    given = MaskFiles({0: mask})
    done = segment_video(segmenter, open_video(tmp_path / "clip.avi"), given, out, with_overlay=True)
    assert (done.num_frames, done.findings.damaged) == (5, ["00002"])
    np.testing.assert_array_equal(read_mask(done.masks / "00002.png"), read_mask(done.masks / "00001.png"))
    said = f"{tmp_path / 'clip.avi'}: 1 of 5 frames is damaged and shows the frame before it: 00002"
    assert capfd.readouterr().err.splitlines()[1:] == [said]  # after what was seen in the mask


def test_the_folder_of_the_frames_is_no_place_for_results(segmenter, clip):
    frames, mask, _ = clip
    with pytest.raises(InputError, match="got the folder of the frames: choose another --out"):
        segment_video(segmenter, open_video(frames), MaskFiles({0: mask}), frames)
    assert len(list(frames.iterdir())) == 5


class Numbered:
    """A propagator whose mask of a frame is a number told by the frame's brightness: 20 for each."""

    def prepare(self, frame, stored=None):
        return frame

    def start(self, frame, mask):
        pass

    def step(self, frame):
        return np.full(frame.shape[:2], round(float(frame.mean()) / 20), np.uint8)

    def introduce(self, frame, mask):
        raise AssertionError


def numbered_frames(folder, file):
    """Twelve frames, frame k of brightness 20 k, as images and as a video file."""
    folder.mkdir()
    with Clip(file, fps=10.0) as clip:
        for number in range(12):
            frame = np.full((48, 64, 3), 20 * number, np.uint8)
            cv2.imwrite(str(folder / f"{number:05d}.png"), frame)
            clip.add(frame)


@pytest.mark.parametrize("kind", ["frames", "clip.mp4"])
def test_the_mask_of_a_frame_is_of_that_frame(tmp_path, kind):
    numbered_frames(tmp_path / "frames", tmp_path / "clip.mp4")
    write_mask(tmp_path / "first.png", np.full((48, 64), 99, np.uint8))
    segmenter = VideoSegmenter(Numbered())
    given = MaskFiles({0: tmp_path / "first.png"})
    done = segment_video(segmenter, open_video(tmp_path / kind), given, tmp_path / "out")
    found = {path.name: np.unique(read_mask(path)).tolist() for path in sorted(done.masks.iterdir())}
    assert found == {"00000.png": [99]} | {f"{number:05d}.png": [number] for number in range(1, 12)}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["clip.mp4", pytest.param("frames", marks=pytest.mark.long)])
def test_ten_times_the_frames_need_no_more_memory(segmenter, tmp_path, kind, monkeypatch):
    (tmp_path / "frames").mkdir()
    with Clip(tmp_path / "clip.mp4", fps=10.0) as clip:
        for number in range(1000):
            frame = np.random.default_rng(number % 7).integers(0, 255, (32, 48, 3), dtype=np.uint8)
            cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), frame)
            clip.add(frame)
    write_mask(tmp_path / "first.png", np.pad(np.ones((10, 10), np.uint8), ((4, 18), (4, 34))))
    done, held = 0, {}

    def write_and_look(path, labels):
        nonlocal done
        write_mask(path, labels)
        done += 1
        if done in (115, 1000):
            gc.collect()
            # Where Python's table of interned strings happens to grow, by megabytes at once.
            kept = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, pathlib.__file__)])
            held[done] = sum(statistic.size for statistic in kept.statistics("filename"))

    monkeypatch.setattr("tasks.scoring.segment_clip.write_mask", write_and_look)
    print_line("")  # rich, 4 MB of modules, is imported when progress is first told: after ten seconds
    tracemalloc.start()
    try:
        given = MaskFiles({0: tmp_path / "first.png"})
        segment_video(segmenter, open_video(tmp_path / kind), given, tmp_path / "out", with_overlay=True)
    finally:
        tracemalloc.stop()
    # Either time the contact sheet holds eight pictures: every 16th frame, every 128th. One byte a pixel of
    # every frame between would be 1.4 MB more.
    assert held[1000] - held[115] < 0.3e6
