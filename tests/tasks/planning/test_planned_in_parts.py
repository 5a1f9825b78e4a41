"""Rows planned in parts are those that the stage plans itself, in the same order."""

import numpy as np
import pyarrow as pa
import pytest

from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.canonical import digest_json
from storage.rows.accepted_table import AcceptedColumns
from storage.rows.stage_graph import schema_of
from tasks.planning import planned_in_parts
from tasks.planning.packed_plans import PackedPlans
from tasks.planning.planned_in_parts import planned_rows_of, plans_from_store_alone
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage


@pytest.fixture(autouse=True)
def _seven_rows_at_once(monkeypatch):
    monkeypatch.setattr(planned_in_parts, "_ROWS_AT_ONCE", 7)


class Rows:
    """Rows of a stage that exist nowhere, some of them still to be made."""

    def __init__(self, stage, rows):
        self.stage, self.rows = stage, rows

    def accepted_table(self, columns=()):
        found = AcceptedColumns(self.stage, schema_of(self.stage).arrow, columns)
        half = len(self.rows) // 2
        for shard, part in (("a" * 64, self.rows[:half]), (None, self.rows[half:])):
            names = ["sample_id", "digest", *found.columns]
            table = pa.table({name: [row[name] for row in part] for name in names})
            table = table.cast(pa.schema([schema_of(self.stage).arrow.field(name) for name in names]))
            found.add(
                table,
                shard,
                pa.array(range(len(part)), pa.int32()) if shard else pa.array([-1] * len(part), pa.int32()),
            )
        return found.table()

    def accepted(self, columns=()):
        return self.accepted_table(columns).items()


def name(*parts):
    return digest_json(list(parts))


@pytest.fixture
def inputs():
    """Thirty photographs: some alike, some of one scene, two masks of each, a sequence of each mask."""
    rng = np.random.default_rng(0)
    photographs = []
    for number in range(30):
        image = name("image", number)
        near = 10 * (number // 3) if number < 12 else number
        code = int(np.random.default_rng(near).integers(2**63)) ^ (number % 3)
        photographs.append(
            {
                "sample_id": image,
                "digest": name("photograph", number) if number < 20 else f"to be made: {name(number)}",
                "height": 80 + number,
                "width": 90,
                "scene": "a scene" if number in (14, 25) else image,
                "file_name": f"{number}.png",
                "perceptual_hash": None if number == 7 else f"{code:016x}",
            }
        )
    masks = [
        {
            "sample_id": name("crop", row["sample_id"], part),
            "digest": name("mask", row["digest"], part),
            "image_id": row["sample_id"],
        }
        for row in photographs
        for part in range(2)
    ]
    sequences = [
        {
            "sample_id": name("sequence", number),
            "digest": name("content", number),
            "source_ids": [photographs[one]["sample_id"] for one in rng.integers(0, 30, 3).tolist()],
        }
        for number in range(25)
    ]
    rows = {"ingest": photographs, "saliency": masks, "sequences": sequences}
    return {stage: Rows(stage, rows[stage]) for stage in rows}


def of(inputs, *stages):
    return {stage: inputs[stage] for stage in stages}


@pytest.mark.parametrize("crops", [0, 3])
def test_saliency_is_planned_row_by_row(inputs, crops):
    stage = SaliencyStage(SaliencyConfig(), CropConfig(crops_per_image=crops), 96, 1)
    found = planned_rows_of(stage, of(inputs, "ingest"))
    assert isinstance(found, PackedPlans)
    assert list(found) == stage.plan(of(inputs, "ingest"))
    assert len(found) >= 30 * max(crops, 1)


@pytest.mark.parametrize("near_duplicate_bits", [0, 4, 30])
@pytest.mark.parametrize(("share", "per_template", "seed"), [(0.3, 2, 1), (0.0, 1, 5), (0.99, 1, 0)])
def test_sequences_are_drawn_as_the_stage_draws_them(inputs, near_duplicate_bits, share, per_template, seed):
    stage = SequencesStage(
        SynthesisConfig(sequences_per_template=per_template, clone_probability=0.4),
        HeldOutConfig(share=share, sequences_per_template=3),
        96,
        seed,
        near_duplicate_bits,
    )
    found = planned_rows_of(stage, of(inputs, "ingest", "saliency"))
    assert isinstance(found, PackedPlans)
    assert list(found) == stage.plan(of(inputs, "ingest", "saliency"))
    assert len(found) >= 60


def test_superpixels_are_planned_row_by_row(inputs):
    stage = SuperpixelsStage(SuperpixelConfig())
    found = planned_rows_of(stage, of(inputs, "sequences"))
    assert isinstance(found, PackedPlans)
    assert list(found) == stage.plan(of(inputs, "sequences"))


def test_rows_that_are_no_columns_are_planned_by_the_stage(inputs):
    class Plain:
        def accepted(self, columns=()):
            return inputs["sequences"].accepted(columns)

    stage = SuperpixelsStage(SuperpixelConfig())
    assert planned_rows_of(stage, {"sequences": Plain()}) == tuple(stage.plan(of(inputs, "sequences")))


def test_a_folder_of_maps_is_looked_at_by_every_plan(tmp_path):
    def stage(detector):
        return SaliencyStage(SaliencyConfig(detector=detector), CropConfig(), 96, 1)

    assert plans_from_store_alone(stage("rbd"))
    assert not plans_from_store_alone(stage(f"maps:{tmp_path}"))
