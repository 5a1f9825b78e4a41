"""Which videos and frames a split has, and what is said of one that is not whole."""

import pytest

from shls_core.benchmarks.davis.layout import davis_split, result_paths
from shls_core.errors import InputError


@pytest.fixture
def root(tmp_path):
    """A benchmark of two videos: bear with four frames, dog with three."""
    sets = tmp_path / "ImageSets" / "2017"
    sets.mkdir(parents=True)
    (sets / "val.txt").write_text("dog\nbear\n")
    for name, num_frames in (("bear", 4), ("dog", 3)):
        folder = tmp_path / "Annotations" / "480p" / name
        folder.mkdir(parents=True)
        for number in range(num_frames):
            (folder / f"{number:05d}.png").touch()
    return tmp_path


def test_videos_come_in_the_order_of_the_list(root):
    assert [video.name for video in davis_split(root, "val")] == ["dog", "bear"]


def test_the_first_and_the_last_frame_are_not_scored(root):
    _, bear = davis_split(root, "val")
    assert [path.name for path in bear.scored_paths] == ["00001.png", "00002.png"]


def test_an_unknown_split_names_those_there_are(root):
    with pytest.raises(InputError, match=r"found no such file; splits there: val$"):
        davis_split(root, "test")
    with pytest.raises(InputError, match=r"2016/val\.txt, found no such file; splits there: none$"):
        davis_split(root, "val", 2016)


def test_an_empty_list_is_refused(root):
    (root / "ImageSets" / "2017" / "val.txt").write_text("\n")
    with pytest.raises(InputError, match="expected the names of videos"):
        davis_split(root, "val")


def test_a_video_without_masks_is_named(root):
    for path in (root / "Annotations" / "480p" / "bear").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="expected the masks of bear as PNG"):
        davis_split(root, "val")


def test_a_video_of_two_frames_has_nothing_to_score(root):
    (root / "Annotations" / "480p" / "dog" / "00002.png").unlink()
    with pytest.raises(InputError, match=r"at least 3 frames, got 2: .* not scored \(video dog\)"):
        davis_split(root, "val")


def test_results_need_only_the_frames_that_are_scored(root, tmp_path):
    _, bear = davis_split(root, "val")
    folder = tmp_path / "results" / "bear"
    folder.mkdir(parents=True)
    for name in ("00001.png", "00002.png"):
        (folder / name).touch()
    assert result_paths(tmp_path / "results", bear) == (folder / "00001.png", folder / "00002.png")
    (folder / "00002.png").unlink()
    with pytest.raises(InputError, match=r"expected 2 masks in .*bear, of which 1 are missing: 00002\.png$"):
        result_paths(tmp_path / "results", bear)
