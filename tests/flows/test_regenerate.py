import hashlib
import shutil
from collections import Counter
from types import SimpleNamespace

import pytest

from flows.regenerate import regenerate
from flows.train import train
from shls_core.errors import GateError, InputError, StoreUnwritable, TooManyRejected
from storage.canonical import digest_bytes
from storage.gate.verdicts import newest_verdict
from storage.records.manifests import DatasetManifest, get_record
from storage.store import Store
from tasks.planning.sources import looking
from tasks.stages import ingest

IMPOSSIBLE = {"min_held_out_sequences": 1000}


def test_a_dataset_that_fails_the_gate_is_kept_and_gets_no_name(prefect_server, config_file, tmp_path):
    with pytest.raises(GateError, match=r"sequences\.is_held_out: .*min_value 1000.*got \d+$"):
        regenerate(str(config_file(gate=IMPOSSIBLE)), str(tmp_path / "store"))
    store = Store.open(tmp_path / "store")
    (run,) = store.ledger.runs()
    assert (run["status"], run["verdict"]) == ("failed", "failed")
    assert run["error"].startswith("GateError: ")
    (dataset,) = run["outputs"]
    assert get_record(store.objects, dataset, DatasetManifest)
    assert not newest_verdict(store, dataset).passed
    assert store.names.rows() == []


def test_training_refuses_a_dataset_that_failed_until_it_passes(first_run, used_store, config_file):
    config = str(config_file(gate=IMPOSSIBLE))
    dataset = first_run.outcome.dataset.dataset
    with pytest.raises(GateError):
        regenerate(config, str(used_store))
    with pytest.raises(GateError, match=r"failed 1 of .* not published"):
        train(config, str(used_store), dataset)
    last = Store.open(used_store).ledger.runs()[-1]
    assert (last["kind"], last["status"], last["inputs"]) == ("train", "failed", [dataset])

    again = regenerate(str(first_run.config), str(used_store))
    assert again.dataset == dataset
    assert train(config, str(used_store), dataset).status == "cached"


def test_every_photograph_is_hashed_once_to_plan_and_read_once_to_be_kept_and_never_again(
    prefect_server, photographs, config_file, tmp_path, monkeypatch
):
    hashed: Counter[str] = Counter()

    def counted(data):
        digest = digest_bytes(data)
        hashed[digest] += 1
        return digest

    def counted_in_pieces(file, name):
        hash_of_file = hashlib.file_digest(file, name)
        hashed[hash_of_file.hexdigest()] += 1
        return hash_of_file

    monkeypatch.setattr(ingest, "digest_bytes", counted)
    monkeypatch.setattr(looking, "hashlib", SimpleNamespace(file_digest=counted_in_pieces))
    config = str(config_file())
    regenerate(config, str(tmp_path / "store"))
    assert hashed == dict.fromkeys(map(_digest_of, photographs.iterdir()), 2)
    hashed.clear()
    regenerate(config, str(tmp_path / "store"))
    assert hashed == {}  # the index has them


def _digest_of(path):
    return digest_bytes(path.read_bytes())


def test_crops_become_rows_of_the_stages_after_ingest(prefect_server, photographs, config_file, tmp_path):
    config = config_file(crops={"crops_per_image": 2, "min_side_share": 0.8})
    ingest, saliency, sequences, _ = regenerate(str(config), str(tmp_path / "store")).stages
    assert ingest.rows == len(list(photographs.iterdir()))
    assert saliency.rows == 2 * ingest.rows
    assert sequences.rows == saliency.rows - saliency.rejected


def test_bad_files_become_rejected_rows_beside_good_ones(prefect_server, photographs, config_file, tmp_path):
    folder = shutil.copytree(photographs, tmp_path / "mixed")
    good = sorted(folder.iterdir())
    whole = good[0].read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "readme.txt").write_text("not a photograph")
    shutil.copy(good[0], folder / "zz_again.png")
    config = config_file(ingest={"images": str(folder)})
    outcome = regenerate(str(config), str(tmp_path / "store"))
    assert (outcome.stages[0].rows, outcome.stages[0].rejected) == (len(good) + 3, 3)
    assert outcome.stages[1].rows == len(good)


@pytest.mark.parametrize(
    ("files", "error", "told"),
    [
        ({}, InputError, "expected image files in .*, found none"),
        ({"readme.txt": b"text", "cut.png": b"\x89PNG"}, TooManyRejected, "ingest: .*got 2 of 2 rejected"),
        (None, InputError, "expected a folder of photographs, found none at "),
    ],
)
def test_a_folder_without_photographs_fails_the_run(
    prefect_server, config_file, tmp_path, files, error, told
):
    folder = tmp_path / "input"
    if files is not None:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    with pytest.raises(error, match=told):
        regenerate(str(config_file(ingest={"images": str(folder)})), str(tmp_path / "store"))
    (run,) = Store.open(tmp_path / "store").ledger.runs()
    assert (run["status"], run["outputs"], run["verdict"]) == ("failed", [], None)


def test_a_store_below_a_file_is_refused(prefect_server, config_file, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable, match=r"expected a folder that can be written at .*file/store: "):
        regenerate(str(config_file()), str(tmp_path / "file" / "store"))
