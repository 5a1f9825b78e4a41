"""Which files of a folder are frames, and in which order."""

import pytest

from shls_core.errors import InputError
from shls_core.files.pictures.folders import pictures_in


def names_in(folder, *names):
    for name in names:
        (folder / name).touch()
    return [path.name for path in pictures_in(folder)]


def test_numbers_are_ordered_by_value(tmp_path):
    assert names_in(tmp_path, "f10.jpg", "f2.PNG", "f1.jpg", "g.jpg") == [
        "f1.jpg",
        "f2.PNG",
        "f10.jpg",
        "g.jpg",
    ]


def test_every_suffix_that_the_decoder_reads_counts(tmp_path):
    found = names_in(
        tmp_path, "1.jfif", "2.avif", "3.HEIC", "4.jpe", "5.mpo", "6.tif", "notes.txt", "film.mp4"
    )
    assert found == ["1.jfif", "2.avif", "3.HEIC", "4.jpe", "5.mpo", "6.tif"]


def test_what_systems_leave_is_no_frame(tmp_path):
    (tmp_path / "@eaDir.jpg").mkdir()
    assert names_in(tmp_path, "._1.jpg", ".2.jpg", "Thumbs.db", "1.jpg") == ["1.jpg"]


def test_two_pictures_of_one_frame_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"one image for every frame, got 1\.JPG and 1\.png in "):
        names_in(tmp_path, "1.JPG", "1.png")
