"""Copies of a photograph in other bytes, from the folder to the split."""

import shutil
from pathlib import Path

import cv2
import pytest

from shls_core.photographs.split import HeldOutConfig, split_of
from shls_core.synthesis.config import SynthesisConfig
from storage.rows.near_duplicates import near_duplicates_of
from storage.rows.stage_artifact import StageArtifact
from tasks.stages.sequences import SequencesStage


def sides(staged):
    """Sides of the split by the file name of the template."""
    outcomes, objects = staged.outcomes, staged.store.objects
    names = {
        address.sample_id: row["file_name"]
        for address, row in StageArtifact(objects, outcomes["ingest"].artifact).accepted(("file_name",))
    }
    sequences = StageArtifact(objects, outcomes["sequences"].artifact).accepted(("template_id", "split"))
    return {names[row["template_id"]]: row["split"] for _, row in sequences}


@pytest.fixture
def with_copies(photographs, tmp_path):
    """The eight photographs, one of them three times: as it was, re-encoded, and a little smaller."""
    folder = Path(shutil.copytree(photographs, tmp_path / "photographs"))
    pixels = cv2.imread(str(folder / "coffee.png"))
    assert cv2.imwrite(str(folder / "coffee-again.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert cv2.imwrite(str(folder / "coffee-small.png"), cv2.resize(pixels, (112, 112)))
    return folder


def test_copies_lie_on_one_side_and_others_stay_where_they_were(stage_dataset, staged, store, with_copies):
    before = sides(staged)
    added = stage_dataset(store, with_copies)
    now = sides(added)
    copies = {"coffee.png", "coffee-again.jpg", "coffee-small.png"}
    assert len({now[name] for name in copies}) == 1
    assert {name: side for name, side in now.items() if name not in copies} == {
        name: side for name, side in before.items() if name not in copies
    }
    (group,) = near_duplicates_of(store.objects, added.dataset)
    assert set(group.file_names) == copies
    assert group.split == now["coffee.png"]
    assert near_duplicates_of(staged.store.objects, staged.dataset) == []


def test_copies_that_their_own_scenes_would_part_are_kept_together(stage_dataset, store, with_copies):
    outcomes = stage_dataset(store, with_copies).outcomes
    inputs = {name: StageArtifact(store.objects, outcomes[name].artifact) for name in ("ingest", "saliency")}
    copies = {
        address.sample_id
        for address, row in inputs["ingest"].accepted(("file_name",))
        if row["file_name"].startswith("coffee") and row["file_name"] != "coffee.jpg"
    }
    draws = [HeldOutConfig(share=0.4, seed=seed) for seed in range(20)]
    parting = [held_out for held_out in draws if len({split_of(scene, held_out) for scene in copies}) > 1]
    assert parting
    for held_out in parting[:3]:
        stage = SequencesStage(SynthesisConfig(frame_size=64), held_out, max_side=96, seed=1)
        assert sides_of_images(stage, inputs, copies) in ({"train"}, {"held_out"})


def sides_of_images(stage, inputs, images):
    return {plan.decided["split"] for plan in stage.plan(inputs) if plan.decided["template_id"] in images}
