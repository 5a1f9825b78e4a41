"""What is given and what is wanted of the videos of benchmarks."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shls_core.benchmarks.davis.layout import davis_split
from shls_core.benchmarks.video import BenchmarkVideo, first_appearances, of_davis
from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.videos.video import open_video


def given(folder, **rows):
    """Write masks of one row and return a video that has them."""
    for name, row in rows.items():
        write_mask(folder / f"{name}.png", np.array([row], np.uint8))
    return BenchmarkVideo("dog", folder, tuple(folder / f"{name}.png" for name in rows), ())


def appearing(video):
    return {name: mask.tolist()[0] for name, mask in first_appearances(video).items()}


def test_an_object_is_given_once_where_it_is_first(tmp_path):
    video = given(tmp_path, a=[0, 5, 5, 0], b=[5, 5, 0, 2], c=[5, 2, 0, 0], d=[9, 5, 2, 255])
    assert appearing(video) == {"a": [0, 5, 5, 0], "b": [0, 0, 0, 2], "d": [9, 0, 0, 0]}


def test_a_video_may_begin_without_objects_but_not_have_none(tmp_path):
    assert appearing(given(tmp_path, a=[0, 0], b=[0, 3])) == {"b": [0, 3]}
    with pytest.raises(InputError, match="at least one object, got background only"):
        first_appearances(given(tmp_path, a=[0, 255]))


def test_of_davis_the_first_mask_is_given_and_every_frame_wanted(davis_benchmark):
    root, _ = davis_benchmark
    judo = of_davis(davis_split(root, "val")[0], 2017)
    assert [path.name for path in judo.given_paths] == ["00000.png"]
    assert judo.wanted == tuple(f"{number:05d}" for number in range(5))
    [(name, mask)] = first_appearances(judo).items()
    assert (name, np.unique(mask).tolist()) == ("00000", [0, 1, 2])


def test_of_2016_all_that_is_not_0_is_one_object(davis_benchmark):
    root, _ = davis_benchmark
    judo = of_davis(davis_split(root, "val")[0], 2016)
    assert int(first_appearances(judo)["00000"].sum()) == 36 + 36 + 24  # two squares and a row of void


def test_the_files_of_a_video_are_its_frames_and_masks(davis_benchmark):
    root, _ = davis_benchmark
    files = list(of_davis(davis_split(root, "val")[0], 2017).files())
    assert sorted(path.name for path in files) == sorted(
        f"{number:05d}{suffix}" for number in range(5) for suffix in (".png", ".jpg")
    )
    assert all(isinstance(path, Path) and path.is_file() for path in files)


def test_frames_without_a_mask_are_refused(davis_benchmark):
    root, _ = davis_benchmark
    (root / "JPEGImages" / "480p" / "judo" / "00004.jpg").unlink()
    with pytest.raises(InputError, match=r"expected 5 frames, one for every mask, got 4 in .*judo"):
        of_davis(davis_split(root, "val")[0], 2017)


def with_frames_as(root, name, suffix):
    """Write the frames of a video in another format; return their folder."""
    folder = root / "JPEGImages" / "480p" / name
    for path in sorted(folder.iterdir()):
        with Image.open(path) as frame:
            frame.save(path.with_suffix(suffix))
        path.unlink()
    return folder


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".jfif", ".webp", ".tif"])
def test_the_files_of_a_video_are_the_frames_that_are_read(davis_benchmark, suffix):
    root, _ = davis_benchmark
    folder = with_frames_as(root, "judo", suffix)
    (folder / "._00000.jpg").write_bytes(b"\0\5\x16\7")
    video = of_davis(davis_split(root, "val")[0], 2017)
    read = [folder / f"{frame.name}{suffix}" for frame in open_video(video.frames).frames()]
    assert len(read) == 5
    assert [path for path in video.files() if path.parent == folder] == read


def test_a_mask_without_a_frame_of_its_name_is_refused(davis_benchmark):
    root, _ = davis_benchmark
    frame = root / "JPEGImages" / "480p" / "judo" / "00003.jpg"
    frame.rename(frame.with_stem("00009"))
    with pytest.raises(InputError, match="expected the name of a frame, got 00003"):
        of_davis(davis_split(root, "val")[0], 2017)


def test_two_frames_of_one_name_are_refused(davis_benchmark):
    root, _ = davis_benchmark
    shutil.copy(root / "JPEGImages/480p/judo/00003.jpg", root / "JPEGImages/480p/judo/00003.png")
    with pytest.raises(InputError, match=r"one image for every frame, got 00003\.jpg and 00003\.png in "):
        of_davis(davis_split(root, "val")[0], 2017)
