"""What a whole run refuses before it stages anything, and what it leaves out of videos alone."""

import pytest

from flows.cli.results import pipeline_json
from flows.configuration import PipelineConfig
from flows.pipeline import source_is_scored
from shls_core.errors import ConfigError, NameUnknown
from tasks.runs.outcomes import DatasetOutcome, TrainingOutcome

DUL = {"name": "dul", "views": {"num_frames": 3, "crop": 33, "short_side": [36, 44]}, "grid": 2}


def config(**sections):
    given = {
        "method": DUL | {"cross_view_grid": 2},
        "footage": {"videos": "films"},
        "ingest": {"images": None},
    }
    return PipelineConfig.model_validate(given | sections)


def test_a_source_that_the_dataset_will_not_have_is_refused(store):
    with pytest.raises(
        ConfigError, match=r"expected source: clips for a dataset of stages footage, clips, got"
    ):
        source_is_scored(config(), store)
    photographs = {"footage": {"videos": None}, "ingest": {"images": "photographs"}}
    with pytest.raises(
        ConfigError, match=r"source: stills for a dataset of stages ingest, sal.*got source: clips"
    ):
        source_is_scored(config(source="clips", **photographs), store)


def test_videos_alone_cannot_validate(store):
    with pytest.raises(ConfigError, match=r"expected a validation_dataset with training\.validate_every"):
        source_is_scored(config(source="clips", training={"validate_every": 5}), store)


def test_the_dataset_that_validates_has_to_be_there(store):
    with pytest.raises(NameUnknown, match="photographs"):
        source_is_scored(config(source="clips", validation_dataset="photographs"), store)


def test_only_masks_are_scored(store, staged):
    assert not source_is_scored(config(source="clips"), store)
    assert source_is_scored(config(source="clips", ingest={"images": "photographs"}), store)
    assert source_is_scored(config(source="clips", validation_dataset=staged.dataset), staged.store)


def test_what_was_not_scored_is_null():
    dataset = DatasetOutcome(dataset="d" * 64, name="films@v1", stages=())
    training = TrainingOutcome(
        checkpoint="c" * 64, status="computed", steps=1, step=1, final_loss=1.0, validations={}, seconds=1.0
    )
    told = pipeline_json(dataset, training, None)
    assert (told["evaluation"], told["baselines"]) == (None, None)
    assert told["training"]["short_clips"] == 0
