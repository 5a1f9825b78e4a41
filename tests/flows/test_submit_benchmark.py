"""Masks for a benchmark whose server scores: layout, objects that appear later, record, ledger."""

import numpy as np
import pytest

from flows.configuration import load_config
from flows.submit_benchmark import submit_benchmark
from shls_core.files.masks.label_files import read_mask
from storage.records.checkpoints import CheckpointRecord, SubmissionRecord
from storage.records.manifests import get_record
from storage.store import Store


@pytest.fixture
def submit(youtube_vos, first_run, used_store, tmp_path):
    def run(**options):
        config = load_config(str(first_run.config)).with_changes(propagation={"num_superpixels": 60})
        settings = {"config": config, **options}
        return submit_benchmark(str(youtube_vos), str(tmp_path / "out"), store=str(used_store), **settings)

    return run


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


WANTED = [
    *(f"Annotations/cat/{name}.png" for name in ("00000", "00005", "00010", "00015")),
    *(f"Annotations/dog/{name}.png" for name in ("00005", "00010", "00015")),
]


def test_the_layout_is_the_servers_and_objects_appear_in_their_frames(submit, youtube_vos, tmp_path):
    outcome = submit()
    assert files(tmp_path / "out") == [*WANTED, "evaluation.json"]
    masks = {name: read_mask(tmp_path / "out" / name) for name in WANTED}
    assert [np.unique(masks[name]).tolist() for name in WANTED[4:6]] == [[0, 3], [0, 3, 7]]
    given = read_mask(youtube_vos / "valid" / "Annotations" / "dog" / "00010.png")
    np.testing.assert_array_equal(masks["Annotations/dog/00010.png"] == 7, given == 7)
    # Both are followed to the last frame, in which nothing has moved.
    assert {3, 7} <= set(np.unique(masks["Annotations/dog/00015.png"]).tolist())
    assert outcome.num_masks == 7


def test_masks_of_every_fifth_frame_may_be_made_from_every_frame(submit, tmp_path):
    coarse = submit()
    (tmp_path / "out").rename(tmp_path / "coarse")
    fine = submit(split="valid_all_frames")
    assert files(tmp_path / "out") == files(tmp_path / "coarse")
    assert fine.submission != coarse.submission


def test_record_and_ledger_tie_masks_to_checkpoint_and_dataset(submit, first_run, used_store):
    outcome = submit()
    store = Store.open(used_store)
    record = get_record(store.objects, outcome.submission, SubmissionRecord)
    checkpoint = get_record(store.objects, record.checkpoint, CheckpointRecord)
    assert record.checkpoint == first_run.outcome.training.checkpoint
    assert record.dataset == checkpoint.dataset == outcome.dataset
    assert (record.benchmark, record.split, record.num_masks) == ("YouTube-VOS", "valid", 7)
    run = store.ledger.runs()[-1]
    assert (run["kind"], run["status"]) == ("submission", "completed")
    assert (run["inputs"], run["outputs"]) == ([record.checkpoint, record.dataset], [outcome.submission])


def test_what_is_whole_is_kept_and_the_record_is_the_same(submit, tmp_path):
    first = submit()
    kept = tmp_path / "out" / "Annotations" / "cat" / "00005.png"
    before = kept.stat().st_mtime_ns
    for path in (tmp_path / "out" / "Annotations" / "dog").iterdir():
        path.unlink()
    (tmp_path / "out" / "Annotations" / "dog").rmdir()
    assert submit() == first
    assert kept.stat().st_mtime_ns == before


def test_other_masks_are_another_record(submit, tmp_path):
    first = submit()
    changed = tmp_path / "out" / "Annotations" / "cat" / "00005.png"
    changed.write_bytes((tmp_path / "out" / "Annotations" / "cat" / "00000.png").read_bytes() + b" ")
    assert submit().submission != first.submission
