"""A checkpoint on the videos of a benchmark: masks, tables, record, ledger; and what is not made again."""

import csv

import numpy as np
import pytest

from flows.configuration import load_config
from flows.evaluate_benchmark import evaluate_benchmark
from shls_core.errors import InputError
from shls_core.files.masks.label_files import read_mask
from storage.records.checkpoints import BenchmarkRecord
from storage.records.manifests import get_record
from storage.store import Store


@pytest.fixture
def evaluate(davis_benchmark, first_run, used_store, tmp_path):
    def run(**options):
        root, _ = davis_benchmark
        config = load_config(str(first_run.config)).with_changes(propagation={"num_superpixels": 30})
        settings = {"config": config, **options}
        out = settings.pop("out", str(tmp_path / "out"))
        return evaluate_benchmark(str(root), out, store=str(used_store), **settings)

    return run


def test_masks_tables_record_and_ledger_belong_together(evaluate, davis_benchmark, first_run, used_store):
    outcome = evaluate()
    store = Store.open(used_store)
    record = get_record(store.objects, outcome.evaluation, BenchmarkRecord)
    assert record.checkpoint == first_run.outcome.training.checkpoint
    assert (record.benchmark, record.split) == ("DAVIS-2017", "val")
    assert record.versions.keys() >= {"fast-slic", "numpy", "opencv-python-headless", "scipy", "torch"}
    assert [(one.sequence, one.object_id, len(one.frame_j)) for one in record.objects] == [
        ("judo", 1, 3),
        ("judo", 2, 3),
        ("dog", 1, 3),
    ]
    run = store.ledger.runs()[-1]
    assert (run["kind"], run["inputs"], run["outputs"]) == (
        "benchmark",
        [record.checkpoint],
        [outcome.evaluation],
    )


def test_the_first_mask_is_the_annotation_without_void(evaluate, davis_benchmark, tmp_path):
    evaluate()
    root, _ = davis_benchmark
    truth = read_mask(root / "Annotations" / "480p" / "judo" / "00000.png")
    first = read_mask(tmp_path / "out" / "judo" / "00000.png")
    np.testing.assert_array_equal(first, np.where(truth == 255, 0, truth))
    assert len(list((tmp_path / "out" / "judo").iterdir())) == 5


def test_the_tables_say_what_the_record_says(evaluate, tmp_path):
    outcome = evaluate()
    with (tmp_path / "out" / "global_results-val.csv").open() as file:
        [row] = csv.DictReader(file)
    assert row == {name: f"{value:.3f}" for name, value in outcome.scores.items()}


def test_videos_that_are_whole_are_not_made_again(evaluate, tmp_path):
    first = evaluate()
    kept = tmp_path / "out" / "judo" / "00001.png"
    before = kept.stat().st_mtime_ns
    for path in (tmp_path / "out" / "dog").iterdir():
        path.unlink()
    (tmp_path / "out" / "dog").rmdir()
    assert evaluate().evaluation == first.evaluation
    assert kept.stat().st_mtime_ns == before


def test_masks_of_another_evaluation_are_not_mixed_in(evaluate):
    evaluate()
    with pytest.raises(InputError, match=r"which has some \(other configuration\)"):
        evaluate(max_side=20)


def test_refinement_that_was_never_trained_is_refused(evaluate, first_run, tmp_path):
    refined = tmp_path / "refined.yaml"
    refined.write_text(f"base: {first_run.config}\npropagation:\n  refinement: roi\n")
    with pytest.raises(InputError, match="expected a network with refinement for mode roi, got one without"):
        evaluate(config=str(refined))


def test_2016_has_one_object_a_video(evaluate, davis_benchmark):
    root, _ = davis_benchmark
    (root / "ImageSets" / "2016").mkdir()
    (root / "ImageSets" / "2016" / "val.txt").write_text("judo")
    outcome = evaluate(year=2016)
    assert set(outcome.scores) >= {"J&F-Mean"}


def test_frames_without_a_mask_are_refused(evaluate, davis_benchmark):
    root, _ = davis_benchmark
    (root / "JPEGImages" / "480p" / "dog" / "00004.jpg").unlink()
    with pytest.raises(InputError, match=r"expected 5 frames, one for every mask, got 4 in .*dog"):
        evaluate()


def test_a_folder_of_something_else_is_refused(evaluate, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").touch()
    with pytest.raises(InputError, match="expected an empty folder for masks"):
        evaluate()


def test_adapted_masks_are_another_evaluation_that_says_so(evaluate, first_run, used_store, tmp_path):
    small = {"mode": "after_video", "steps": 2, "size": 32, "width": 0.0625, "num_threads": 1}
    config = load_config(str(first_run.config)).with_changes(
        propagation={"num_superpixels": 30}, adaptation=small
    )
    evaluate()
    with pytest.raises(
        InputError, match=r"expected an --out without masks of another evaluation, .*other code_digest"
    ):
        evaluate(config=config)
    outcome = evaluate(config=config, out=str(tmp_path / "adapted"))
    record = get_record(Store.open(used_store).objects, outcome.evaluation, BenchmarkRecord)
    assert record.configuration["adaptation"].items() >= small.items()
    page = (tmp_path / "adapted" / "report.html").read_text()
    assert "after each video, 2 steps at 32 px" in page
    assert "adaptation: {" in page
