"""Folders as people have them: linked, locked, and full of what systems leave."""

import errno
import os
import socket

import pytest

from shls_core.errors import InputError
from shls_core.files import walk
from shls_core.files.skipped import SkippedKind
from shls_core.files.walk import walk_folder


@pytest.fixture
def folder(tmp_path):
    """An empty folder; beside it lies another one."""
    for name in ("photos", "elsewhere"):
        (tmp_path / name).mkdir()
    return tmp_path / "photos"


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.fsencode(name))


def names(contents):
    return [file.name for file in contents.files]


def skipped(contents, kind):
    return [one.name for one in contents.skipped if one.kind == kind]


def test_files_come_by_name_however_deep_they_lie(folder):
    write(folder, "b.jpg", "a/z.jpg", "a.jpg", "c/d/e.txt", "B.jpg")
    contents = walk_folder(folder)
    assert names(contents) == ["B.jpg", "a.jpg", "a/z.jpg", "b.jpg", "c/d/e.txt"]
    assert all(file.path.read_bytes() == file.name.encode() for file in contents.files)
    assert contents.skipped == ()


def test_what_systems_leave_is_counted_and_not_entered(folder):
    write(folder, "a.jpg", "Thumbs.db", ".hidden.jpg", "deep/._a.jpg", ".cache/b/c.jpg")
    write(
        folder,
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "__MACOSX/._a.jpg",
        "lost+found/x.jpg",
        "$RECYCLE.BIN/a.jpg",
    )
    contents = walk_folder(folder)
    assert names(contents) == ["a.jpg"]
    assert skipped(contents, SkippedKind.DROPPING) == [
        "$RECYCLE.BIN/", ".cache/", ".hidden.jpg", "@eaDir/", "Thumbs.db", "__MACOSX/", "deep/._a.jpg",
        "lost+found/",
    ]  # fmt: skip


def test_linked_folders_are_followed_once_and_loops_end(folder, tmp_path):
    write(folder, "a.jpg", "real/b.jpg")
    write(tmp_path / "elsewhere", "c.jpg", "inner/d.jpg")
    (folder / "album").symlink_to(tmp_path / "elsewhere")
    (folder / "again").symlink_to(tmp_path / "elsewhere")  # by name before album
    (folder / "inner").symlink_to(tmp_path / "elsewhere" / "inner")
    (folder / "loop").symlink_to(folder)
    (folder / "real" / "up").symlink_to(tmp_path)  # it contains the folder that is walked
    (folder / "z").symlink_to("real")
    (tmp_path / "elsewhere" / "inner" / "back").symlink_to(tmp_path / "elsewhere")
    contents = walk_folder(folder)
    assert names(contents) == ["a.jpg", "again/c.jpg", "again/inner/d.jpg", "real/b.jpg"]
    assert skipped(contents, SkippedKind.FOLDER_MET_BEFORE) == [
        "again/inner/back/", "album/", "inner/", "loop/", "real/up/", "z/",
    ]  # fmt: skip
    assert contents == walk_folder(folder)


def test_a_link_to_a_folder_that_lies_in_the_folder_gives_no_second_name(folder):
    write(folder, "zoo/a.jpg")
    (folder / "animals").symlink_to("zoo")
    assert names(walk_folder(folder)) == ["zoo/a.jpg"]


def test_a_link_to_what_contains_another_link_still_gives_the_rest(folder, tmp_path):
    write(tmp_path / "elsewhere", "inner/a.jpg", "b.jpg")
    (folder / "one").symlink_to(tmp_path / "elsewhere" / "inner")
    (folder / "two").symlink_to(tmp_path / "elsewhere")
    contents = walk_folder(folder)
    assert names(contents) == ["one/a.jpg", "two/b.jpg"]
    assert skipped(contents, SkippedKind.FOLDER_MET_BEFORE) == ["two/inner/"]


def test_the_folder_may_be_a_link_itself(folder, tmp_path):
    write(folder, "a.jpg")
    (tmp_path / "link").symlink_to(folder)
    assert names(walk_folder(tmp_path / "link")) == ["a.jpg"]


def test_links_to_files_are_files_and_broken_ones_are_named(folder, tmp_path):
    write(tmp_path / "elsewhere", "a.jpg")
    (folder / "one.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    (folder / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (folder / "round.jpg").symlink_to("round.jpg")
    contents = walk_folder(folder)
    assert names(contents) == ["one.jpg"]
    assert skipped(contents, SkippedKind.BROKEN_LINK) == ["gone.jpg", "round.jpg"]


def test_pipes_sockets_and_devices_are_left_alone(folder, monkeypatch):
    os.mkfifo(folder / "pipe.jpg")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    monkeypatch.chdir(folder)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("socket.jpg")
        contents = walk_folder(folder)
    assert skipped(contents, SkippedKind.SPECIAL_FILE) == ["pipe.jpg", "socket.jpg", "zero.jpg"]
    assert contents.files == ()


def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_is_found(folder, tmp_path, without_root_rights):
    write(folder, "a.jpg", "private/b.jpg", "entered/c.jpg", "listed/d.jpg", "listed/e/f.jpg")
    write(tmp_path / "elsewhere", "locked/a/g.jpg")
    (folder / "h.jpg").symlink_to(tmp_path / "elsewhere" / "locked" / "a" / "g.jpg")
    (folder / "album").symlink_to(tmp_path / "elsewhere" / "locked" / "a")
    modes = {folder / "private": 0, folder / "entered": 0o100, folder / "listed": 0o400}
    modes[tmp_path / "elsewhere" / "locked"] = 0
    for path, mode in modes.items():
        path.chmod(mode)
    try:
        with without_root_rights():
            contents = walk_folder(folder)
    finally:
        for path in modes:
            path.chmod(0o700)
    # What can be listed and not entered is named: who opens it learns why it cannot be read.
    assert names(contents) == ["a.jpg", "h.jpg", "listed/d.jpg"]
    assert skipped(contents, SkippedKind.UNLISTED_FOLDER) == ["album/", "entered/", "listed/e/", "private/"]


def test_lost_and_found_of_a_disk_is_no_loss(folder, without_root_rights):
    write(folder, "a.jpg", "lost+found/x")
    (folder / "lost+found").chmod(0)
    with without_root_rights():
        contents = walk_folder(folder)
    assert [one.kind for one in contents.skipped] == [SkippedKind.DROPPING]


def test_a_folder_that_cannot_be_listed_itself_is_one_line(folder, without_root_rights):
    folder.chmod(0)
    with (
        without_root_rights(),
        pytest.raises(InputError, match=r"can be listed: permission denied \(.*photos\)"),
    ):
        walk_folder(folder)


def test_a_machine_that_fails_leaves_out_no_folder(folder, monkeypatch):
    write(folder, "inner/a.jpg")
    scandir = os.scandir

    def failing(path):
        if str(path).endswith("inner"):
            raise OSError(errno.EMFILE, "Too many open files")
        return scandir(path)

    monkeypatch.setattr(walk.os, "scandir", failing)
    with pytest.raises(InputError, match=r"expected to list .*inner: too many open files"):
        walk_folder(folder)


def test_stores_are_closed(folder):
    write(folder, "a.jpg", "store/b.jpg", "deep/store/c.jpg")
    contents = walk_folder(folder, lambda path: path.name == "store")
    assert names(contents) == ["a.jpg"]
    assert skipped(contents, SkippedKind.STORE) == ["deep/store/", "store/"]


def test_names_that_are_not_utf_8_or_steer_terminals_are_spelt_out(folder):
    write(folder, os.fsdecode(b"caf\xe9.png"))
    os.mkfifo(folder / "a\x1b[2J.png")
    contents = walk_folder(folder)
    assert names(contents) == ["caf\\xe9.png"]
    assert skipped(contents, SkippedKind.SPECIAL_FILE) == ["a\\x1b[2J.png"]
