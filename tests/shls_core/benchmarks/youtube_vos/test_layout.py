"""Which videos, masks and frames a split of YouTube-VOS has, and what is said of one that is not whole."""

import json
import shutil

import pytest

from shls_core.benchmarks.youtube_vos.layout import youtube_vos_split
from shls_core.errors import InputError


def test_masks_are_given_where_objects_appear_and_frames_wanted_where_objects_are(youtube_vos):
    cat, dog = youtube_vos_split(youtube_vos, "valid")
    assert (cat.name, dog.name) == ("cat", "dog")
    assert [path.name for path in dog.given_paths] == ["00005.png", "00010.png"]
    assert dog.wanted == ("00005", "00010", "00015")
    assert dog.frames == youtube_vos / "valid" / "JPEGImages" / "dog"
    assert dog.scored_against == ()


@pytest.mark.parametrize("below", [".", "all_frames"])
def test_all_frames_are_read_and_the_same_are_wanted(youtube_vos, below):
    (youtube_vos / "all_frames").mkdir()
    place = youtube_vos / below / "valid_all_frames"
    shutil.move(youtube_vos / "valid_all_frames", place)
    _, dog = youtube_vos_split(youtube_vos, "valid_all_frames")
    assert dog.frames == place / "JPEGImages" / "dog"
    assert dog.wanted == ("00005", "00010", "00015")
    assert dog.given_paths[0].parent == youtube_vos / "valid" / "Annotations" / "dog"


def test_an_unknown_split_names_those_there_are(youtube_vos):
    with pytest.raises(InputError, match=r"test/JPEGImages, found none; splits there: valid, valid_all_fr"):
        youtube_vos_split(youtube_vos, "test")


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        (None, r"expected the list of videos and objects at .*meta\.json: No such file"),
        ("{", r"got something else: Expecting property name"),
        (
            {"videos": {"dog": {"objects": {"1": {}}}}},
            r"got something else: videos\.dog\.objects\.1\.frames: Field required",
        ),
        ({"videos": {}}, "expected at least one video"),
        ({"videos": {"dog": {"objects": {}}}}, "expected objects and their frames, got none of video dog"),
        ({"videos": {"cow": {"objects": {}}}}, "expected the masks of cow as PNG"),
        (
            {"videos": {"dog": {"objects": {"1": {"frames": ["00007"]}}}}},
            "expected the name of a frame, got 00007, which is none of .*dog",
        ),
    ],
)
def test_a_list_that_does_not_fit_is_named(youtube_vos, meta, told):
    path = youtube_vos / "valid" / "meta.json"
    path.unlink()
    if meta is not None:
        path.write_text(meta if isinstance(meta, str) else json.dumps(meta))
    with pytest.raises(InputError, match=told):
        youtube_vos_split(youtube_vos, "valid")


def test_a_mask_of_no_frame_is_named(youtube_vos):
    (youtube_vos / "valid" / "JPEGImages" / "dog" / "00010.jpg").unlink()
    with pytest.raises(InputError, match="expected the name of a frame, got 00010"):
        youtube_vos_split(youtube_vos, "valid")
