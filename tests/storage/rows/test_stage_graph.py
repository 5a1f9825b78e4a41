"""Stages as data: their order follows from what they read, and one more changes no other."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pytest

from shls_core.errors import StoreError
from storage.records.manifests import DatasetManifest, put_record
from storage.rows import stage_graph
from storage.rows.dataset import Dataset
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.stage_graph import STAGES, in_reading_order, schema_of, stage_of
from storage.rows.stage_names import SEQUENCES
from storage.verification.verify import verify_dataset
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.stage import RowPlan
from tasks.staging.build_stage import build_stage

TOY = "toy"
TOY_SCHEMA = StageSchema(reads=(SEQUENCES,), content=(pa.field("length", pa.int32()),))


@dataclass(frozen=True)
class ToyStage:
    """Counts the frames of every sequence."""

    __module__ = "tasks.stages.superpixels"  # whose code stands for its own: a stage is one of the project's
    name: ClassVar[str] = TOY
    schema: ClassVar[StageSchema] = TOY_SCHEMA
    reads: ClassVar[tuple[str, ...]] = TOY_SCHEMA.reads
    packages: ClassVar[tuple[str, ...]] = ()

    @property
    def parameters(self):
        return {}

    def plan(self, inputs):
        return [
            RowPlan(address.sample_id, tuple(row["source_ids"]), (address,))
            for address, row in inputs[SEQUENCES].accepted(("source_ids",))
        ]

    def notes(self, plan):
        return {}

    def foresee(self, plan):
        return {}

    def make_row(self, plan, reader):
        return {"length": len(reader.row(plan.inputs[0], "frames")["frames"])}


def test_stages_come_after_those_they_read():
    assert STAGES == ("ingest", "saliency", "sequences", "superpixels", "footage", "clips", "clusters")
    for number, stage in enumerate(STAGES):
        assert set(schema_of(stage).reads) <= set(STAGES[:number])


@pytest.mark.parametrize(
    ("reads", "order"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, ["c", "b", "a"]),
        ({"b": [], "a": [], "c": ["a", "b"]}, ["a", "b", "c"]),
        ({"a": ["elsewhere"]}, ["a"]),
        ({}, []),
    ],
)
def test_the_order_follows_from_who_reads_whom(reads, order):
    assert in_reading_order(reads) == order


def test_stages_that_read_each_other_are_refused():
    with pytest.raises(StoreError, match="expected stages that do not read each other in a circle, got"):
        in_reading_order({"a": ["b"], "b": ["a"]})


def test_a_stage_of_another_version_is_named():
    with pytest.raises(StoreError, match=r"expected a stage among ingest, .*, got lengths"):
        schema_of("lengths")


def test_a_stage_is_known_by_its_columns():
    for stage in STAGES:
        for schema in stage_graph.schemas_ever(stage):
            assert stage_of(schema.arrow) == stage
    assert stage_of(pa.schema([("sample_id", pa.string())])) is None


def test_a_dataset_with_one_more_stage_is_built_read_and_verified(staged, staged_copy, monkeypatch):
    monkeypatch.setitem(stage_graph.SCHEMAS, TOY, TOY_SCHEMA)
    artifacts = {name: staged.outcomes[name].artifact for name in staged.outcomes}
    built = build_stage(
        staged_copy,
        ToyStage(),
        {SEQUENCES: artifacts[SEQUENCES]},
        StagingConfig(),
        ExecutionConfig(backend="serial"),
    )
    one_more = put_record(staged_copy.objects, DatasetManifest(stages={TOY: built.artifact, **artifacts}))

    dataset = Dataset(staged_copy.objects, one_more)
    assert list(dataset.stages) == ["ingest", "saliency", "sequences", "superpixels", "toy"]
    assert dataset.stages_of_samples == ("sequences", "superpixels", "toy")
    assert {name: dataset[name].id for name in staged.outcomes} == artifacts  # nothing else was made anew
    lengths, frames = (
        dataset[TOY].table(["length"])["length"],
        dataset[SEQUENCES].table(["num_frames"])["num_frames"],
    )
    assert lengths.to_pylist() == frames.to_pylist()
    assert verify_dataset(staged_copy, one_more).problems == ()
