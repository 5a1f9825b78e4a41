"""What of a folder becomes a row, and what is said of the rest."""

import hashlib
import os

import pytest

from shls_core.errors import InputError
from shls_core.files.skipped import SkippedKind
from tasks.stages.photograph_folder import listing
from tasks.stages.photograph_folder.listing import list_photographs

JPEG = b"\xff\xd8\xff\xe0 something"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(JPEG)
    return tmp_path / "photos"


def said(found):
    return [(one.kind, one.name) for one in found.skipped]


def test_photographs_are_hashed(folder):
    (one,) = list_photographs(folder).photographs
    assert (one.name, one.digest, one.unreadable) == ("a.jpg", hashlib.sha256(JPEG).hexdigest(), None)


def test_films_and_sidecars_are_left_out_and_what_is_unknown_is_a_row(folder):
    (folder / "a.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    (folder / "film.jpg").write_bytes(b"\0\0\0\x14ftypisom")
    (folder / "a.AAE").write_text("<plist/>")
    (folder / "unknown").write_text("?")
    found = list_photographs(folder)
    assert [one.name for one in found.photographs] == ["a.jpg", "unknown"]
    assert said(found) == [
        (SkippedKind.SIDECAR, "a.AAE"),
        (SkippedKind.VIDEO, "a.mov"),
        (SkippedKind.VIDEO, "film.jpg"),
    ]


def test_a_text_beside_a_picture_of_its_name_is_a_sidecar_and_another_is_a_row(folder):
    (folder / "deep").mkdir()
    for name in ("a.txt", "a.jpg.txt", "readme.txt", "deep/a.txt"):
        (folder / name).write_text("words")
    found = list_photographs(folder)
    assert [one.name for one in found.photographs] == ["a.jpg", "deep/a.txt", "readme.txt"]
    assert said(found) == [(SkippedKind.SIDECAR, "a.jpg.txt"), (SkippedKind.SIDECAR, "a.txt")]


def test_of_a_film_and_of_a_file_too_large_only_the_first_bytes_are_read(folder, monkeypatch):
    for name in ("film.mp4", "huge.jpg"):
        with (folder / name).open("wb") as file:
            file.truncate(listing.MOST_BYTES + 1)  # no block of the disk is used
    read = []
    monkeypatch.setattr(
        listing.hashlib, "file_digest", lambda file, name: read.append(file.name) or hashlib.sha256()
    )
    found = list_photographs(folder)
    assert len(read) == 1  # a.jpg
    reasons = {one.name: one.unreadable for one in found.photographs}
    assert reasons == {"a.jpg": None, "huge.jpg": "not readable: 0.5 GB, at most 0.5 GB expected"}
    assert (SkippedKind.VIDEO, "film.mp4") in said(found)


def test_a_file_that_cannot_be_read_is_a_row_with_the_reason(folder, without_root_rights):
    (folder / "b.jpg").write_bytes(JPEG)
    (folder / "b.jpg").chmod(0)
    with without_root_rights():
        found = list_photographs(folder)
    assert {one.name: (one.digest is None, one.unreadable) for one in found.photographs} == {
        "a.jpg": (False, None),
        "b.jpg": (True, "not readable: permission denied"),
    }
    assert said(found) == [(SkippedKind.UNREADABLE_FILE, "b.jpg: permission denied")]


def test_notes_are_found_in_any_case_and_are_no_photograph(folder):
    (folder / "Photographs.CSV").write_text("file_name,consent\na.jpg,ok\ngone.jpg,ok\nclip.mov,ok\n")
    (folder / "clip.mov").write_bytes(b"")
    found = list_photographs(folder)
    assert found.notes == {"a.jpg": {"consent": "ok"}}
    assert found.num_notes == 3
    assert said(found) == [(SkippedKind.UNMATCHED_NOTE, "gone.jpg"), (SkippedKind.VIDEO, "clip.mov")]


@pytest.mark.parametrize("name", ["deep/photographs.csv", "photographs.xlsx", "photographs.csv.txt"])
def test_a_table_that_is_not_read_is_said_loudly(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("file_name,consent\n")
    assert said(list_photographs(folder)) == [(SkippedKind.UNREAD_NOTES, name)]


def test_notes_that_lead_nowhere_stop_the_run(folder):
    (folder / "photographs.csv").symlink_to("nowhere.csv")
    with pytest.raises(
        InputError, match=r"table of notes that can be read, got a broken link \(.*photographs\.csv\)"
    ):
        list_photographs(folder)
    (folder / "photographs.csv").unlink()
    os.mkfifo(folder / "photographs.csv")
    with pytest.raises(InputError, match="got a special file"):
        list_photographs(folder)


def test_two_tables_are_refused(folder):
    for name in ("photographs.csv", "PHOTOGRAPHS.csv"):
        (folder / name).write_text("file_name\n")
    with pytest.raises(
        InputError, match=r"expected one table of notes, got PHOTOGRAPHS\.csv and photographs\.csv"
    ):
        list_photographs(folder)


def test_where_only_others_are_it_says_which(folder):
    (folder / "a.jpg").rename(folder / ".a.jpg")
    (folder / "b.mov").write_bytes(b"")
    with pytest.raises(InputError, match=r"found none, only 1 x dropping, 1 x video$"):
        list_photographs(folder)
