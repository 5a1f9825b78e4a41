"""Two checkpoints in one command: what is made, recorded, named and refused."""

import json
import shutil

import cv2
import numpy as np
import pytest

from flows.api import segment
from shls_core.files.masks.label_files import read_mask
from shls_core.methods.dul.config import DulConfig, DulNetworkConfig
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.network_weights import new_network
from shls_core.training.config import TrainingConfig
from shls_core.training.weights import weights_to_bytes
from storage.canonical import digest_bytes
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord
from storage.records.manifests import get_record, put_record
from storage.store import Store
from storage.verification.verify import verify_store
from tasks.checkpoints.pretrained import read_pretrained
from tasks.training.learning_config import LearningConfig

ONLY_THERE = "rocket.png"
"""A photograph of the second checkpoint's dataset alone."""


@pytest.fixture(scope="module")
def other_dataset(first_run, stage_dataset, photographs, tmp_path_factory):
    """A store with the first run, a second dataset with a photograph more, and its id."""
    folder = tmp_path_factory.mktemp("joined")
    (folder / "photographs").mkdir()
    for name in ("astronaut.png", "coffee.png"):
        shutil.copy(photographs / name, folder / "photographs" / name)
    only_there = np.ascontiguousarray(np.random.default_rng(5).integers(0, 60, (120, 120, 3), dtype=np.uint8))
    only_there[30:90, 30:90] += 150

    assert cv2.imwrite(str(folder / "photographs" / ONLY_THERE), only_there)
    store = Store.open(shutil.copytree(first_run.store, folder / "store"))
    staged = stage_dataset(store, folder / "photographs")
    return folder, staged.dataset


@pytest.fixture
def place(other_dataset, tmp_path):
    """A copy of that store, to write to."""
    return shutil.copytree(other_dataset[0] / "store", tmp_path / "joined-store")


@pytest.fixture
def second(place, other_dataset):
    """A checkpoint of DUL in it, with random weights, as if it were trained on the second dataset."""
    store = Store.open(place)
    method = DulConfig(network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8))
    learning = LearningConfig(method=method, training=TrainingConfig(steps=6, batch_size=1, num_threads=1))
    weights = weights_to_bytes(new_network(DulNetwork, method.network, seed=3).state_dict())
    record = CheckpointRecord(
        dataset=other_dataset[1],
        method="dul",
        configuration=learning.sections(),
        code_digest="0" * 64,
        versions={},
        device_kind="cpu",
        weights=store.objects.put(weights),
        final_loss=1.0,
        step=6,
    )
    return put_record(store.objects, record)


@pytest.fixture
def first(first_run):
    return first_run.outcome.training.checkpoint


def one_line(result):
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def test_held_out_sequences_are_scored_by_both_and_everything_names_both(
    shls, place, first, second, other_dataset
):
    withdrawn = other_dataset[0] / "photographs" / ONLY_THERE
    at = ("--store", place)
    assert shls("dataset", "withdraw", withdrawn, "--reason", "revoked", *at).exit_code == 0
    how = ("--checkpoint", first[:12], "--checkpoint", second[:12], "--share", 0.5, *at, "--json")
    result = shls("evaluate", *how)
    assert result.exit_code == 0, result.stderr
    image = digest_bytes(withdrawn.read_bytes())
    assert f"checkpoint {second[:12]} was trained with withdrawn photographs: {image[:12]}" in result.stderr
    assert f"checkpoint {first[:12]} was trained with" not in result.stderr
    assert f"joined       {first[:12]} with {second[:12]}, share 0.5" in result.stderr
    printed = json.loads(result.stdout)
    assert printed["joined_with"] == second

    store = Store.open(place)
    evaluation = printed["evaluation"]["id"]
    record = get_record(store.objects, evaluation, EvaluationRecord)
    assert (record.checkpoint, record.joined_with) == (first, second)
    assert record.configuration["propagation"]["joined"]["share"] == 0.5
    run = store.ledger.runs()[-1]
    assert run["inputs"] == [first, second]
    assert json.loads(run["configuration"])["propagation"]["joined"]["share"] == 0.5
    assert verify_store(store).problems == ()
    assert json.loads(shls("evaluate", *how).stdout)["evaluation"]["status"] == "cached"

    down = json.loads(shls("lineage", "down", withdrawn, *at, "--json").stdout)
    assert [one["checkpoint"] for one in down["checkpoints"]] == [second]
    [score] = down["scores"]
    assert (score["id"], score["checkpoint"], score["joined_with"]) == (evaluation, first, second)
    assert f"with checkpoint {first[:12]}" in shls("lineage", "down", withdrawn, *at).stdout.replace("\n", "")
    assert shls("lineage", "down", withdrawn, "--dot", *at).exit_code == 0
    up = shls("lineage", "up", evaluation, *at).stdout
    assert f"checkpoint {first[:12]}" in up
    assert f"checkpoint {second[:12]}" in up
    report = place / "evaluation.html"
    assert shls("report", evaluation, "--out", report, *at).exit_code == 0
    page = report.read_text(encoding="utf-8")
    assert second in page
    assert f"--checkpoint {first[:12]} --checkpoint {second[:12]}" in page


def test_alone_nothing_says_so(shls, place, first):
    result = shls("evaluate", "--checkpoint", first, "--store", place, "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert printed.keys() == {"evaluation", "baselines"}
    assert printed["evaluation"]["status"] == "cached"  # as the pipeline recorded it
    content = Store.open(place).objects.get(printed["evaluation"]["id"])
    assert b"join" not in content


def test_videos_are_segmented_and_scored_with_the_pretrained_one(
    shls, davis_benchmark, place, second, clip, tmp_path
):
    pair = ("--checkpoint", "pretrained", "--checkpoint", second[:12], "--store", place, "--json")
    segmented = shls("segment", *clip, "--out", tmp_path / "out", *pair, "--quality", "fast")
    assert segmented.exit_code == 0, segmented.stderr
    printed = json.loads(segmented.stdout)
    assert (printed["joined_with"], printed["quality"]["name"]) == (second, "fast")
    assert (
        printed["quality"].items() >= {"max_side": 427, "discriminative": "on", "adaptation": "off"}.items()
    )
    last = np.zeros((64, 96), np.uint8)
    last[20:44, 30:60] = 1
    found = read_mask(tmp_path / "out" / "masks" / "2.png")
    assert (found & last).sum() / (found | last).sum() > 0.7

    options = ("--out", tmp_path / "masks", "--backend", "serial", "--superpixels", 40)
    scored = shls("evaluate", "--davis", davis_benchmark[0], *pair, *options)
    assert scored.exit_code == 0, scored.stderr
    store = Store.open(place)
    record = get_record(store.objects, json.loads(scored.stdout)["evaluation"], BenchmarkRecord)
    assert record.joined_with == second
    assert record.configuration["method"]["memory"]["discriminative"]["l2"] == 1e-3
    assert store.ledger.runs()[-1]["inputs"] == [record.checkpoint, second]
    assert verify_store(store).problems == ()
    page = (tmp_path / "masks" / "report.html").read_text(encoding="utf-8")
    assert f"--checkpoint pretrained --checkpoint {second[:12]}" in page
    assert "both checkpoints" in page
    alone = ("--checkpoint", "pretrained", "--store", place)
    refused = shls("evaluate", "--davis", davis_benchmark[0], *alone, *options)
    assert "joined_with" in one_line(refused)
    assert record.checkpoint not in {second, read_pretrained().record.dataset}


def test_python_takes_two_as_well(clip, place, second):
    frames, _, mask = clip
    both = ["pretrained", second]
    found = dict(segment(frames, mask, checkpoint=both, store=place, share=0.5, quality="fast"))
    alone = dict(segment(frames, mask, quality="fast"))
    assert list(found) == list(alone) == ["0", "1", "2"]
    assert np.array_equal(found["0"], alone["0"])
    assert (found["2"] != alone["2"]).any()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("FIRST", "FIRST"), "expected two checkpoints to join, got "),
        (("FIRST", "SECOND", "FIRST"), "expected one --checkpoint, or two to join, got 3"),
        (("FIRST", "untrained"), "expected a second --checkpoint that was trained, got untrained"),
        (("SECOND", "FIRST"), "got a first one of method dul with its own propagation"),
        (("FIRST", "--share", "2"), "expected two of --checkpoint with --share, got one"),
        (("FIRST", "SECOND", "--share", "-1"), "propagation.joined.share: Input should be greater than 0"),
        (("FIRST", "SECOND", "--propagation", "label_propagation"), "with --propagation label_propagation"),
        (("FIRST", "0123456789"), "expected the name or id of a checkpoint"),
    ],
)
def test_what_cannot_be_joined_is_one_line_and_makes_nothing(
    shls, clip, place, first, second, tmp_path, options, told
):
    ids = {"FIRST": first, "SECOND": second}
    arguments, waiting = [], list(options)
    while waiting:
        word = waiting.pop(0)
        arguments += (
            [word, waiting.pop(0)] if word.startswith("--") else ["--checkpoint", ids.get(word, word)]
        )
    out = tmp_path / "out"
    assert told in one_line(shls("segment", *clip, "--out", out, *arguments, "--store", place))
    assert not out.exists()
    assert told in one_line(shls("evaluate", *arguments, "--store", place))


@pytest.mark.slow
def test_workers_of_ray_score_two_together_as_one_process_does(
    shls, davis_benchmark, place, second, tmp_path, monkeypatch
):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    pair = ("--checkpoint", "pretrained", "--checkpoint", second[:12], "--store", place, "--json")
    benchmark = ("--davis", davis_benchmark[0], "--superpixels", 40)

    def scored(*where):
        out = tmp_path / where[1]
        result = shls("evaluate", *benchmark, *pair, "--out", out, *where)
        assert result.exit_code == 0, result.stderr
        masks = {path.relative_to(out): path.read_bytes() for path in out.rglob("*.png")}
        return json.loads(result.stdout)["evaluation"], masks

    alone = scored("--backend", "serial")
    assert len(alone[1]) == 2 * 5
    assert scored("--backend", "ray", "--workers", 2) == alone
