"""An evaluation to make pages of."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord


@dataclass(frozen=True)
class Evaluated:
    """A record, the benchmark and the masks it is of."""

    record: "BenchmarkRecord"
    davis: Path
    results: Path


@pytest.fixture
def trained() -> "CheckpointRecord":
    from storage.records.checkpoints import CheckpointRecord

    return CheckpointRecord(
        dataset="d" * 64,
        configuration={"training": {"steps": 500, "seed": 7}, "network": {"width_multiplier": 0.5}},
        code_digest="c" * 64,
        versions={"torch": "2.13.0"},
        device_kind="cpu",
        weights="e" * 64,
        final_loss=1.75,
    )


@pytest.fixture
def record_of() -> Callable[..., "BenchmarkRecord"]:
    """Return a function that makes a record of J values by video and object; F is half of J."""
    from shls_core.metrics.scores import ObjectScores, global_scores, scores_over_frames
    from storage.records.checkpoints import BenchmarkObject, BenchmarkRecord

    def record(videos: dict[str, list[list[float]]], **changes: Any) -> "BenchmarkRecord":
        objects = [
            ObjectScores(
                sequence=name,
                object_id=object_id,
                frame_j=tuple(values),
                frame_f=tuple(value / 2 for value in values),
                scores=scores_over_frames(values, [value / 2 for value in values]),
            )
            for name, of_video in videos.items()
            for object_id, values in enumerate(of_video, 1)
        ]
        fields: dict[str, Any] = {
            "checkpoint": "3a2ed9a2f930" + "0" * 52,
            "benchmark": "DAVIS-2017",
            "split": "val",
            "material": "a" * 64,
            "configuration": {"memory": {}, "num_superpixels": 900, "max_side": None},
            "code_digest": "b" * 64,
            "versions": {"numpy": "2.4.6"},
            "device_kind": "cpu",
            "scores": global_scores(objects).as_dict(),
            "objects": tuple(
                BenchmarkObject(
                    sequence=one.sequence,
                    object_id=one.object_id,
                    scores=one.scores.as_dict(),
                    frame_j=one.frame_j,
                    frame_f=one.frame_f,
                )
                for one in objects
            ),
        }
        return BenchmarkRecord(**(fields | changes))

    return record


@pytest.fixture
def evaluated(davis_benchmark: tuple[Path, Path], record_of: Callable[..., Any]) -> Evaluated:
    """The evaluation of the small benchmark; the folder of masks says whose they are."""
    from tasks.scoring.benchmark import FACTS
    from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest
    from tasks.scoring.davis_scoring import score_results

    davis, results = davis_benchmark
    videos: dict[str, list[list[float]]] = {}
    for one in score_results(davis, results, "val", workers=1):
        videos.setdefault(one.sequence, []).append(list(one.frame_j))
    record = record_of(videos, material=material_digest(BenchmarkChoice("davis", davis, "val").videos()))
    facts = record.model_dump(mode="json", exclude={"schema_version", "kind", "scores", "objects"})
    (results / FACTS).write_text(json.dumps(facts))
    return Evaluated(record, davis, results)
