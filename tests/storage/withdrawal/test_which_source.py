"""Which photograph a person means."""

import shutil

import pytest

from shls_core.errors import NameUnknown
from storage.canonical import digest_bytes
from storage.withdrawal.which_source import PhotographReferences


@pytest.fixture
def resolve(staged):
    return PhotographReferences(staged.store).resolve


@pytest.fixture
def image(photographs):
    return digest_bytes((photographs / "coffee.png").read_bytes())


def test_a_photograph_has_a_file_an_id_a_beginning_and_a_file_name(resolve, image, photographs):
    for reference in (str(photographs / "coffee.png"), image, image[:6], image[:40], "coffee.png"):
        assert resolve(reference) == image


def test_one_that_was_never_seen_is_meant_by_its_file_or_its_whole_id(staged, resolve, tmp_path):
    new = tmp_path / "new.jpg"
    new.write_bytes(b"a photograph of later")
    unseen = digest_bytes(b"a photograph of later")
    assert resolve(str(new)) == resolve(unseen) == unseen
    assert not PhotographReferences(staged.store).known(unseen)
    for reference in (unseen[:12], "new.jpg"):
        told = rf"got '{reference}'; one that the store has never seen is given by its file, or all 64 digits"
        with pytest.raises(NameUnknown, match=told):
            resolve(reference)


@pytest.mark.parametrize("reference", ["", "coff", "abc12", "COFFEE.PNG", ".", "/nowhere/coffee.png"])
def test_what_means_nothing_is_told(resolve, reference):
    with pytest.raises(NameUnknown, match="expected an image file, or the id or file name of a photograph"):
        resolve(reference)


def test_a_name_that_means_two_is_told(store, photographs, stage_dataset, tmp_path, monkeypatch):
    first = stage_dataset(store, photographs)
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    shutil.move(folder / "coffee.jpg", folder / "coffee.png")
    stage_dataset(store, folder)
    assert first.dataset
    with pytest.raises(NameUnknown, match=r"got coffee\.png, which means 2: \w{12}…, \w{12}…; give the id"):
        PhotographReferences(store).resolve("coffee.png")
    # A file of this folder and one of the store, which are not the same.
    monkeypatch.chdir(folder)
    shutil.copy(folder / "rocket.jpg", folder / "chelsea.jpg")
    with pytest.raises(NameUnknown, match="which means 2"):
        PhotographReferences(store).resolve("chelsea.jpg")


def test_withdrawn_photographs_are_known_by_the_beginning_of_their_ids(store, record_run):
    record_run(store, "withdraw", ["ab" * 32], {"reason": "in advance"})
    assert PhotographReferences(store).resolve("ababab") == "ab" * 32
