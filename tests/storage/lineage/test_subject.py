import shutil

import pytest

from shls_core.errors import InputError, NameUnknown
from storage import references
from storage.canonical import digest_bytes, digest_json
from storage.lineage.history import History
from storage.lineage.subject import Subject, find_source, find_subject
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.stage_artifact import StageArtifact
from storage.withdrawal.which_source import file_digest


@pytest.fixture(scope="module")
def history(made):
    return History(made.store)


@pytest.fixture(scope="module")
def coffee(made):
    return digest_bytes((made.folder / "coffee.png").read_bytes())


@pytest.fixture(scope="module")
def manifest(made):
    return get_record(made.store.objects, made.eight, DatasetManifest)


def test_anything_goes_by_its_id_or_the_beginning_of_it(made, history, manifest):
    shard = get_record(made.store.objects, manifest.stages["sequences"], StageManifest).shards[0].digest
    sample = (
        StageArtifact(made.store.objects, manifest.stages["sequences"])
        .table(["sample_id"])["sample_id"][0]
        .as_py()
    )
    weights = history.records.get(made.brief)["weights"]
    for kind, digest in (
        ("dataset", made.seven),
        ("stage", manifest.stages["saliency"]),
        ("checkpoint", made.chosen),
        ("evaluation", made.evaluation),
        ("shard", shard),
        ("sample", sample),
    ):
        for reference in (digest, digest[:10], f"{kind}:{digest[:10]}"):
            assert find_subject(history, reference) == Subject(kind, digest)
    assert find_subject(history, weights[:10]) == Subject("checkpoint", made.brief)


def test_a_dataset_goes_by_its_names(made, history):
    for reference, dataset in (
        ("photos", made.seven),
        ("photos@v1", made.eight),
        ("dataset:photos", made.seven),
    ):
        assert find_subject(history, reference) == Subject("dataset", dataset)


def test_a_photograph_goes_by_file_file_name_and_id_and_comes_before_its_mask(made, history, coffee):
    for reference in (
        str(made.folder / "coffee.png"),
        "coffee.png",
        coffee,
        coffee[:8],
        "photograph:coffee.png",
    ):
        assert find_subject(history, reference) == Subject("photograph", coffee)
        assert find_source(history, reference) == coffee
    assert find_subject(history, f"mask:{coffee[:8]}") == Subject("mask", coffee)


@pytest.mark.parametrize(
    "reference",
    ["birds", "photos@v9", "f00dfeed", "0" * 64, "", "sample:coffee.png", "a" * 300, "\0", "../x"],
)
def test_what_means_nothing_is_told_in_one_line(history, reference):
    with pytest.raises(NameUnknown, match="expected the name, id or file of a "):
        find_subject(history, reference)


@pytest.mark.parametrize("reference", ["birds.jpg", "f00dfeed", "", "a" * 300])
def test_what_is_no_photograph_is_told(history, reference):
    with pytest.raises(NameUnknown, match="expected an image file, or the id or file name of a photograph"):
        find_source(history, reference)


def test_another_kind_than_a_photograph_is_told(made, history):
    with pytest.raises(NameUnknown, match="expected a photograph, got a dataset: photos"):
        find_source(history, "photos")
    with pytest.raises(NameUnknown, match=f"expected a photograph, got a checkpoint: {made.brief}"):
        find_source(history, made.brief)
    with pytest.raises(NameUnknown, match="expected a photograph, got a mask"):
        find_source(history, "mask:123456")


def test_a_photograph_that_was_never_seen_goes_by_file_and_whole_id(history, tmp_path):
    path = tmp_path / "new.jpg"
    path.write_bytes(b"never seen")
    assert find_source(history, str(path)) == digest_bytes(b"never seen")
    assert find_source(history, "ab" * 32) == "ab" * 32


def test_the_id_of_a_second_file_with_the_same_bytes_means_the_photograph(
    store, photographs, stage_dataset, tmp_path
):
    folder = tmp_path / "twice"
    folder.mkdir()
    for copy in ("first.png", "second.png"):
        shutil.copy(photographs / "coffee.png", folder / copy)
    shutil.copy(photographs / "rocket.png", folder)
    stage_dataset(store, folder)
    image = digest_bytes((folder / "first.png").read_bytes())
    again = digest_json(["duplicate", image, "second.png"])
    for reference in (again[:12], "second.png", "first.png"):
        assert find_subject(History(store), reference) == Subject("photograph", image)


def test_a_file_name_of_two_photographs_is_ambiguous(store, photographs, stage_dataset, tmp_path):
    for number, name in enumerate(("coffee.png", "chelsea.png")):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(photographs / name, folder / "mine.png")
        shutil.copy(photographs / "rocket.png", folder)
        stage_dataset(store, folder)
    told = r"expected one thing, got mine\.png, which means 2: photograph .*…, photograph .*…; give the id"
    with pytest.raises(NameUnknown, match=told):
        find_subject(History(store), "mine.png")
    told = r"expected one photograph, got mine\.png, which means 2: \w{12}…, \w{12}…; give the id"
    with pytest.raises(NameUnknown, match=told):
        find_source(History(store), "mine.png")


def test_a_beginning_of_several_ids_is_ambiguous(made, history, monkeypatch):
    monkeypatch.setattr(references, "_FEWEST_DIGITS", 1)
    digits = next(
        one for one in "0123456789abcdef" if sum(row.startswith(one) for row in every_sample(history)) > 1
    )
    with pytest.raises(
        NameUnknown, match=rf"expected one thing, got sample:{digits}, which means \d+: sample"
    ):
        find_subject(history, f"sample:{digits}")


def every_sample(history):
    return set(history.every_row("sequences")["sample_id"].to_pylist())


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputError, match=r"expected a file that can be read at .*: Is a directory"):
        file_digest(tmp_path)
