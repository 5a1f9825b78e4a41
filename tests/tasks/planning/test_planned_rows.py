"""Rows that stand in for an artifact say what the artifact will say."""

import pytest

from storage.rows.stage_artifact import StageArtifact
from tasks.planning.planned_rows import PlannedRows, is_to_be_made

READ_LATER = {
    "ingest": ("height", "width", "scene", "source_ids"),
    "saliency": ("image_id", "scene", "source_ids"),
    "sequences": ("source_ids", "split"),
    "superpixels": ("sample_id",),
}


def planned_rows(staging):
    return {plan.stage.name: PlannedRows(staging.store.objects, plan) for plan in staging.plan().stages}


@pytest.mark.parametrize("stage", READ_LATER)
def test_of_what_is_made_they_are_the_rows_themselves(ten, stage):
    artifact = StageArtifact(ten.store.objects, ten.build()[stage].artifact)
    for columns in ((), READ_LATER[stage], ("digest",)):
        assert planned_rows(ten)[stage].accepted(columns) == artifact.accepted(columns)


@pytest.mark.parametrize("sections", [{}, {"crops": {"crops_per_image": 2}}])
def test_what_is_foreseen_of_rows_to_be_made_is_what_they_become(staging, new_photograph, sections):
    staging.sections = sections | {"synthesis": {"augmentation_probability": 0.25}}
    (staging.folder / "no_image.txt").write_text("no image")
    (staging.folder / "twice.png").write_bytes((staging.folder / "00.png").read_bytes())
    new_photograph(staging.folder / "new.png")
    foreseen = {
        stage: {address.sample_id: (address, row) for address, row in rows.accepted(READ_LATER[stage])}
        for stage, rows in planned_rows(staging).items()
    }
    for stage, outcome in staging.build().items():
        made = StageArtifact(staging.store.objects, outcome.artifact).accepted(READ_LATER[stage])
        if "crops" in sections and stage == "sequences":
            break  # some crops hold no object, and others are pasted in their place
        assert all(row == foreseen[stage][address.sample_id][1] for address, row in made)
        assert len(made) <= len(foreseen[stage])
        assert "crops" in sections or len(made) == len(foreseen[stage])
        assert any(is_to_be_made(address) for address, _ in foreseen[stage].values())
        for address, _ in made:
            expected = foreseen[stage][address.sample_id][0]
            assert is_to_be_made(expected) or (expected.stage, expected.digest) == (stage, address.digest)


def test_rows_to_be_made_of_the_same_photograph_under_other_parameters_differ(staging, new_photograph):
    new_photograph(staging.folder / "new.png")
    digests = set()
    for max_side in (96, 80):
        staging.sections = {"ingest": {"max_side": max_side}}
        digests |= {
            address.digest
            for address, _ in planned_rows(staging)["ingest"].accepted()
            if is_to_be_made(address)
        }
    assert len(digests) == 1 + 11
