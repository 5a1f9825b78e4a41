"""The face for Python users, each use as the README shows it."""

import ast
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from flows.api import open_dataset, segment
from shls_core.errors import NameUnknown

PROJECT = Path(__file__).parents[2]


def test_a_dataset_is_opened_by_name_and_read(first_run):
    dataset = open_dataset("tiny@latest", first_run.store)
    assert dataset.id == first_run.outcome.dataset.dataset
    assert dataset.has_passed
    assert dataset.stages == tuple(stage.name for stage in first_run.outcome.dataset.stages)
    assert dataset.table("ingest", ["file_name"]).num_rows == first_run.outcome.dataset.stages[0].rows
    assert {row.sample_id for row in dataset.sequences("held_out")} <= set(
        dataset.table("sequences", ["sample_id"])["sample_id"].to_pylist()
    )


def test_a_batch_is_read(first_run):
    batches = open_dataset("tiny", first_run.store).batches(
        "train", batch_size=2, columns=("frames", "masks")
    )
    batch = batches[0]
    assert set(batch) == {"frames", "masks"}
    assert batch["frames"].shape[:2] == (2, batch["masks"].shape[1])
    assert np.array_equal(batch["frames"], batches[0]["frames"])


def test_what_is_not_there_is_named(tmp_path, first_run):
    with pytest.raises(NameUnknown, match="expected a store at"):
        open_dataset("tiny", tmp_path / "nowhere")
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset, got 'other'"):
        open_dataset("other", first_run.store)


def test_a_video_is_segmented(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in range(3):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[10:30, 10 + number : 30 + number] = (40, 200, 90)
        assert cv2.imwrite(str(frames / f"{number:05d}.png"), frame)
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 10:30] = 7
    for options in ({}, {"propagation": "label_propagation", "snap": True}):
        found = dict(segment(frames, {0: mask}, checkpoint="pretrained", **options))
        assert list(found) == ["00000", "00001", "00002"]
        assert np.array_equal(found["00000"], mask)
        assert (found["00002"] == 7).mean() == pytest.approx((mask == 7).mean(), rel=0.3)


def test_nothing_inside_imports_it():
    sources = (
        path for name in ("flows", "tasks", "storage", "shls_core") for path in (PROJECT / name).rglob("*.py")
    )
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            assert "flows.api" not in names, path


def test_the_readme_uses_names_that_there_are():
    import flows.api

    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (imported,) = re.findall(r"from flows\.api import ([a-z_, ]+)", readme)
    assert all(hasattr(flows.api, name.strip()) for name in imported.split(","))
