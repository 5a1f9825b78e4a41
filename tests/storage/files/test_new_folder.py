import pytest

from shls_core.errors import InputError, StoreUnwritable
from storage.files.new_folder import new_folder


def test_a_folder_appears_when_all_is_in_it(tmp_path):
    with new_folder(tmp_path / "out") as aside:
        (aside / "one").write_text("1")
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "one"]


def test_of_one_that_fails_nothing_is_left(tmp_path):
    def fail():
        with new_folder(tmp_path / "out"):
            raise OSError("no space left on device")

    with pytest.raises(StoreUnwritable, match="no space left"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="expected a new or empty folder"), new_folder(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_text() == "mine"
