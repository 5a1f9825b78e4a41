from pathlib import Path

import pytest

from shls_core.errors import InputError
from tasks.stages.video_folder.listing import Film, Frames, list_videos

JPEG = b"\xff\xd8\xff\xe0 a picture"
FILM = b"\0\0\0\x18ftypisom a film"


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def names(listing, kind):
    return [video.name for video in listing.videos if isinstance(video, kind)]


def test_a_folder_of_pictures_is_a_video_and_a_film_is_one(tmp_path):
    fill(
        tmp_path,
        {
            "a.mp4": FILM,
            "poster.jpg": JPEG,
            "deep/er/2.jpg": JPEG + b"2",
            "deep/er/10.jpg": JPEG + b"10",
            "deep/er/1.jpg": JPEG + b"1",
            "deep/b.mkv": b"\x1a\x45\xdf\xa3",
            "alone/1.jpg": JPEG,
            "notes.txt": b"text",
        },
    )
    listing = list_videos(tmp_path)
    assert (names(listing, Film), names(listing, Frames)) == (["a.mp4", "deep/b.mkv"], ["deep/er"])
    (frames,) = (video for video in listing.videos if isinstance(video, Frames))
    assert [file.name for file in frames.files] == ["1.jpg", "2.jpg", "10.jpg"]
    assert listing.skipped == (
        ("picture", "alone/1.jpg"),
        ("picture", "poster.jpg"),
        ("sidecar", "notes.txt"),
    )


def test_the_folder_itself_may_hold_the_frames(tmp_path):
    listing = list_videos(fill(tmp_path, {"1.jpg": JPEG, "2.jpg": JPEG}))
    assert names(listing, Frames) == ["."]


def test_notes_are_about_films_and_folders(tmp_path):
    fill(
        tmp_path,
        {
            "a.mp4": FILM,
            "walk/1.jpg": JPEG,
            "walk/2.jpg": JPEG,
            "videos.csv": b"file_name,licence,scene\na.mp4,CC0,\nwalk/,own,park\ngone.mp4,CC0,\n",
            "walk/videos.csv": b"file_name\n",
        },
    )
    listing = list_videos(tmp_path)
    assert listing.notes == {"a.mp4": {"licence": "CC0"}, "walk": {"licence": "own", "scene": "park"}}
    assert listing.num_notes == 3
    assert listing.skipped == (("unmatched_note", "gone.mp4"), ("unread_notes", "walk/videos.csv"))


def test_two_pictures_of_one_frame_are_refused(tmp_path):
    (video,) = list_videos(fill(tmp_path, {"f/1.jpg": JPEG, "f/1.png": JPEG, "f/2.jpg": JPEG})).videos
    assert video.unreadable == "two pictures differ in their suffix only"


def test_a_file_without_permission_is_named(tmp_path, without_root_rights):
    fill(tmp_path, {"a.mp4": FILM, "b.mp4": FILM + b"b"})
    (tmp_path / "a.mp4").chmod(0)
    with without_root_rights():
        listing = list_videos(tmp_path)
    assert [video.unreadable for video in listing.videos] == ["not readable: permission denied", None]
    assert listing.skipped == (("unreadable_file", "a.mp4: permission denied"),)


def test_a_folder_without_videos_is_refused_with_what_is_there(tmp_path):
    fill(tmp_path, {"a.jpg": JPEG})
    with pytest.raises(InputError, match=r"expected films or folders of frames .* only 1 x picture"):
        list_videos(tmp_path)
    (tmp_path / "objects").mkdir()
    (tmp_path / "store.json").write_text("{}")
    with pytest.raises(InputError, match="got a store"):
        list_videos(tmp_path)
