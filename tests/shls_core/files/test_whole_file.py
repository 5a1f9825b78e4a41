"""A file is there whole, or as it was."""

import pytest

from shls_core.errors import InputError
from shls_core.files.whole_file import write_whole


def test_an_older_file_is_replaced_and_nothing_stays_beside_it(tmp_path):
    for data in (b"older", b"newer"):
        write_whole(tmp_path / "a.txt", data)
        assert (tmp_path / "a.txt").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").mkdir()
    for path in (tmp_path / "nowhere" / "a.txt", tmp_path / "taken"):
        with pytest.raises(InputError, match=f"^expected to write .*{path.name}: "):
            write_whole(path, b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
