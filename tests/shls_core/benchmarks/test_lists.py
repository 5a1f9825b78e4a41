"""Lists of videos, as people and systems leave them."""

import unicodedata

import pytest

from shls_core.benchmarks.lists import folder_named, read_names
from shls_core.errors import InputError

_PAIRS = "".join(
    f"/JPEGImages/480p/{name}/{number:05d}.jpg /Annotations/480p/{name}/{number:05d}.png \n"
    for name in ("bear", "my cow")
    for number in range(3)
)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"bear\ncow\n", ["bear", "cow"]),
        (b"\xef\xbb\xbfbear\r\n\r\n  cow \r\n", ["bear", "cow"]),
        (b"my bear\ncow", ["my bear", "cow"]),
        (b"bear/\ncow/\n", ["bear", "cow"]),
        (_PAIRS.encode(), ["bear", "my cow"]),
        (_PAIRS.replace("/JPEGImages", "JPEGImages").replace("\n", " 1\r\n").encode(), ["bear", "my cow"]),
        ("bear\nkühe\n".encode("utf-16"), ["bear", "kühe"]),
    ],
)
def test_names_are_read(tmp_path, content, names):
    (tmp_path / "val.txt").write_bytes(content)
    assert read_names(tmp_path / "val.txt") == names


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "expected the names of videos, one a line, got an empty file"),
        (b"\xef\xbb\xbf \r\n", "got an empty file"),
        (b"bear\n../x\n", r"the name of a folder in .*val\.txt, got '\.\./x': a name has no slash"),
        (b"<svg/onload=alert(1)>\n", r"got '<svg/onload=alert\(1\)>': a name has no slash"),
        (b"..\n", r"got '\.\.'"),
        (b"a\\b\n", "a name has no slash"),
        (b"bear\x1b[31m\n", r"got 'bear\\x1b\[31m'"),
        ("be\u202ear\n".encode(), r"got 'be\\u202ear'"),
        (b"bear\ncow\nbear\n", "expected each video once, got 'bear' twice"),
        (b"b\xe4r\n", "expected a list of videos in UTF-8"),
    ],
)
def test_what_is_no_list_is_one_line(tmp_path, content, told):
    (tmp_path / "val.txt").write_bytes(content)
    with pytest.raises(InputError, match=told) as raised:
        read_names(tmp_path / "val.txt")
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_is_found_in_either_unicode_form(tmp_path):
    (tmp_path / unicodedata.normalize("NFD", "kühe")).mkdir()
    assert folder_named(tmp_path, unicodedata.normalize("NFC", "kühe")).is_dir()
    assert folder_named(tmp_path, "bear") == tmp_path / "bear"
