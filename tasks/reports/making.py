"""How a score came about, as a page tells it: ids, commands, configuration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.learned import BenchmarkRecord, CheckpointRecord, EvaluationRecord


@dataclass(frozen=True)
class Fact:
    """A name and a value; code is set as such."""

    name: str
    value: str
    is_code: bool = False


def facts(
    evaluation: str, record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord
) -> tuple[Fact, ...]:
    """Return what identifies an evaluation and what it was made of."""
    return (
        Fact("evaluation", evaluation, is_code=True),
        Fact("checkpoint", record.checkpoint, is_code=True),
        Fact("dataset it was trained on", trained.dataset, is_code=True),
        Fact("code", record.code_digest, is_code=True),
        Fact("device", record.device_kind),
        Fact("training", _training(trained)),
    )


def configuration(record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord) -> str:
    """Return everything that was configured, and the versions of packages, as JSON for people."""
    told: Mapping[str, Any] = {
        "evaluation": record.configuration,
        "training": trained.configuration,
        "versions": record.versions,
    }
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False)


def benchmark_commands(record: BenchmarkRecord) -> tuple[str, ...]:
    """Return the commands that make and score the masks again."""
    videos = f"--davis DAVIS/ --split {record.split} --year {record.benchmark.removeprefix('DAVIS-')}"
    options = {"--superpixels": "num_superpixels", "--max-side": "max_side"}
    chosen = "".join(
        f" {option} {record.configuration[key]}"
        for option, key in options.items()
        if record.configuration.get(key) is not None
    )
    return (
        f"shls evaluate {videos} --checkpoint {record.checkpoint[:12]}{chosen} --out masks/",
        f"shls score {videos} --results masks/",
    )


def held_out_commands(record: EvaluationRecord) -> tuple[str, ...]:
    """Return the command that scores the checkpoint again."""
    return (f"shls evaluate --checkpoint {record.checkpoint[:12]}",)


def _training(trained: CheckpointRecord) -> str:
    settings = trained.configuration["training"]
    return f"{settings['steps']} steps, seed {settings['seed']}, final loss {trained.final_loss:.3f}"
