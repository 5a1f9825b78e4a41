"""Copies of a film in other bytes: one group, one side of the split."""

import shutil

from PIL import Image

from flows.cli.dataset.duplicate_sheet import write_duplicate_sheet
from storage.rows.near_duplicates import near_duplicates_of


def test_films_with_the_same_pictures_are_a_group_on_one_side(videos, stage_clips, store, tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("film-1.mp4", "film-2.mp4"):
        shutil.copy(videos / name, folder)
    again = folder / "again.mp4"
    again.write_bytes((videos / "film-1.mp4").read_bytes() + b"\0" * 8)  # another file of the same pictures
    staged = stage_clips(store, folder)
    (group,) = near_duplicates_of(store.objects, staged.dataset)
    assert (group.kind.noun, group.file_names) == ("video", ("again.mp4", "film-1.mp4"))
    assert group.split in ("train", "held_out")
    sheet = tmp_path / "sheet.png"
    write_duplicate_sheet(store.objects, [group], sheet)
    with Image.open(sheet) as picture:
        assert picture.size[0] == 2 * 166


def test_clips_of_one_film_are_no_group(staged_clips):
    assert near_duplicates_of(staged_clips.store.objects, staged_clips.dataset) == []
