import pytest

from shls_core.errors import InputError
from shls_core.files.places import expanded


def test_a_home_is_expanded_and_nothing_else(monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    assert expanded("~/store") == "/home/anna/store"
    assert expanded("~") == "/home/anna"
    for same in ("store", "/a/~b", "a~", "./~", "s3://bucket/~/store"):
        assert expanded(same) == same


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_place_is_refused(empty):
    with pytest.raises(InputError, match=r"^expected a path, got an empty one$"):
        expanded(empty)


def test_a_home_of_nobody_is_refused():
    with pytest.raises(
        InputError, match=r"^expected a home folder for the ~ of ~no-such-user/x, found none$"
    ):
        expanded("~no-such-user/x")
