"""Which photograph a person means."""

import shutil
import unicodedata

import pytest

from shls_core.errors import NameUnknown
from storage.canonical import digest_bytes, digest_json
from storage.lineage.history import History
from storage.lineage.subject import find_source, find_subject
from storage.withdrawal.deny_list import withdrawn
from storage.withdrawal.which_source import SourceReferences
from tasks.upkeep.withdrawal import plan_purge, purge, reinstate, withdraw


@pytest.fixture
def resolve(staged):
    return SourceReferences.of(staged.store).resolve


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
    assert not SourceReferences.of(staged.store).known(unseen)
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
        SourceReferences.of(store).resolve("coffee.png")
    # A file of this folder and one of the store, which are not the same.
    monkeypatch.chdir(folder)
    shutil.copy(folder / "rocket.jpg", folder / "chelsea.jpg")
    with pytest.raises(NameUnknown, match="which means 2"):
        SourceReferences.of(store).resolve("chelsea.jpg")


def test_a_file_here_that_another_photograph_has_as_its_noted_name_is_refused_everywhere(
    staged_copy, photographs, image, tmp_path, monkeypatch
):
    other = digest_bytes((photographs / "rocket.png").read_bytes())
    shutil.copy(photographs / "rocket.png", tmp_path / "coffee.png")
    monkeypatch.chdir(tmp_path)
    history = History(staged_copy)
    withdraw(staged_copy, [image, other], "consent revoked")
    told = r"got coffee\.png, which means 2: .*\w{12}…, .*\w{12}…; give the id"
    for command in (
        lambda reference: withdraw(staged_copy, [reference], "consent revoked"),
        lambda reference: reinstate(staged_copy, [reference], "consent given"),
        lambda reference: plan_purge(staged_copy, [reference]),
        lambda reference: purge(staged_copy, [reference]),
        lambda reference: find_source(history, reference),
        lambda reference: find_subject(history, reference),
    ):
        for reference in ("coffee.png", "photograph:coffee.png"):
            with pytest.raises(NameUnknown, match=told.replace("got ", "got (photograph:)?")):
                command(reference)
    assert withdrawn(staged_copy).keys() == {image, other}
    # The id is exact, and so is a path that is no file name.
    for reference, meant in ((image, image), ("photograph:" + image[:8], image), ("./coffee.png", other)):
        assert plan_purge(staged_copy, [reference]).source_ids == (meant,)
        assert find_source(history, reference) == find_subject(history, reference).id == meant


def test_a_whole_id_means_its_photograph_whatever_files_are_called(resolve, image, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (image, "ab" * 32):
        (tmp_path / name).write_bytes(b"another photograph")
        assert resolve(name) == name


def test_the_id_of_a_second_file_with_the_same_bytes_means_the_photograph(
    store, photographs, stage_dataset, tmp_path
):
    for name in ("first.png", "second.png"):
        shutil.copy(photographs / "coffee.png", tmp_path / name)
    shutil.copy(photographs / "rocket.png", tmp_path)
    stage_dataset(store, tmp_path)
    image = digest_bytes((photographs / "coffee.png").read_bytes())
    again = digest_json(["duplicate", image, "second.png"])
    references = SourceReferences.of(store)
    assert {references.resolve(one) for one in (again, again[:12], "first.png", "second.png")} == {image}
    assert references.known(image)
    assert not references.known(again)


def test_withdrawn_photographs_are_known_by_the_beginning_of_their_ids(store, record_run):
    record_run(store, "withdraw", ["ab" * 32], {"reason": "in advance"})
    assert SourceReferences.of(store).resolve("ababab") == "ab" * 32


def test_a_name_is_found_however_its_accents_are_composed(store, photographs, stage_dataset, tmp_path, image):
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    composed, decomposed = (unicodedata.normalize(form, "Zoë.png") for form in ("NFC", "NFD"))
    assert composed != decomposed
    shutil.move(folder / "coffee.png", folder / decomposed)
    stage_dataset(store, folder)
    references = SourceReferences.of(store)
    assert references.resolve(composed) == references.resolve(decomposed) == image


def test_a_file_that_could_not_be_read_is_no_photograph_to_withdraw(
    store, photographs, stage_dataset, tmp_path, image, without_root_rights
):
    folder = shutil.copytree(photographs, tmp_path / "photographs")
    (folder / "coffee.png").chmod(0)
    with without_root_rights():
        stage_dataset(store, folder)
    # The id of its row is not that of its bytes: withdrawn by it, the photograph would come back.
    with pytest.raises(NameUnknown, match=r"got 'coffee\.png'"):
        SourceReferences.of(store).resolve("coffee.png")
    stage_dataset(store, photographs)
    assert SourceReferences.of(store).resolve("coffee.png") == image
