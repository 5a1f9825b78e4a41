import os
import re

import pytest

from shls_core.errors import InputError
from shls_core.files.foreign_file import UnusableFile, read_regular, read_text, require_folder_name


def test_a_regular_file_is_read_also_through_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file") == read_regular(tmp_path / "link", at_most=3) == b"abc"


def test_a_file_that_says_no_size_is_read_to_its_end():
    assert read_regular("/proc/self/status").startswith(b"Name:")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: os.mkfifo(path), "it is a named pipe, no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is a device, no regular file"),
        (lambda path: (path.touch(), os.truncate(path, 3 << 30)), "it has 3,072 MB, .* at most 1 MB"),
    ],
)
def test_what_would_never_end_is_not_read(tmp_path, make, what):
    make(tmp_path / "it")
    with pytest.raises(UnusableFile) as refused:
        read_regular(tmp_path / "it", at_most=1 << 20)
    assert re.search(what, refused.value.strerror)


def test_folders_and_missing_files_are_refused(tmp_path):
    with pytest.raises(UnusableFile, match="it is a folder, no regular file"):
        read_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "nothing")


@pytest.mark.parametrize(("data", "text"), [(b"\xef\xbb\xbfdog\n", "dog\n"), ("Zoë".encode(), "Zoë")])
def test_text_loses_its_byte_order_mark(tmp_path, data, text):
    (tmp_path / "list").write_bytes(data)
    assert read_text(tmp_path / "list") == text


@pytest.mark.parametrize("data", [bytes(range(256)), b"a\0b", "dog".encode("utf-16")])
def test_what_is_no_text_is_told(tmp_path, data):
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(UnusableFile, match="it is no text"):
        read_text(tmp_path / "list")


@pytest.mark.parametrize("name", ["dog", "a b", "Zoë", "<svg onload=1>", "[x]", "x" * 255])
def test_names_of_folders_are_taken(name):
    assert require_folder_name(name, "val.txt") == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc", "a/b", "a\\b", "a\0b", "a\x1b[31m", "x" * 256]
)
def test_names_that_lead_elsewhere_are_refused_in_one_line(name):
    with pytest.raises(InputError) as refused:
        require_folder_name(name, "val.txt")
    assert len(str(refused.value)) < 250
    assert str(refused.value).isprintable()
