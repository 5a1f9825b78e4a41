"""How a score was made, as a page shows it: ids, commands, configuration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from storage.canonical import short
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord
from tasks.checkpoints.pretrained import PRETRAINED
from tasks.checkpoints.untrained import UNTRAINED
from tasks.training.learning_config import recorded_sections


@dataclass(frozen=True)
class Fact:
    """A name and a value; `is_code` sets the value as code."""

    name: str
    value: str
    is_code: bool = False


def facts(
    evaluation: str, record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord
) -> tuple[Fact, ...]:
    """Return what identifies an evaluation and what it was made from."""
    return (
        Fact("evaluation", evaluation, is_code=True),
        Fact("checkpoint", record.checkpoint, is_code=True),
        *([Fact("joined with", record.joined_with, is_code=True)] if record.joined_with is not None else []),
        *([] if trained.is_untrained else [Fact("dataset it was trained on", trained.dataset, is_code=True)]),
        Fact("code", record.code_digest, is_code=True),
        Fact("device", record.device_kind),
        *_adaptation(record.configuration),
        Fact("training", _training(trained)),
    )


def configuration(record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord) -> str:
    """Return everything that was configured, and the versions of packages, as indented JSON."""
    configured: Mapping[str, Any] = {
        "evaluation": record.configuration,
        "training": trained.configuration,
        "versions": record.versions,
    }
    return json.dumps(configured, indent=2, sort_keys=True, ensure_ascii=False)


def benchmark_commands(record: BenchmarkRecord, trained: CheckpointRecord) -> tuple[str, ...]:
    """Return the commands that make and score the masks again."""
    videos = f"--davis DAVIS/ --split {record.split} --year {record.benchmark.removeprefix('DAVIS-')}"
    max_side = record.configuration.get("max_side")
    smaller = "" if max_side is None else f" --max-side {max_side}"
    checkpoint = _options(record, trained)
    return (
        _use_file(record, trained),
        f"shls evaluate {videos} {checkpoint}{smaller} --config use.yaml --out masks/",
        f"shls score {videos} --results masks/",
    )


def held_out_commands(record: EvaluationRecord, trained: CheckpointRecord) -> tuple[str, ...]:
    """Return the commands that score the checkpoint again."""
    return (
        _use_file(record, trained),
        f"shls evaluate {_options(record, trained)} --config use.yaml",
    )


def _use_file(record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord) -> str:
    """Return the command that writes the configuration with which the checkpoint was used."""
    sections = used_sections(record.configuration)
    method = {"name": trained.method} if trained.method else {}
    if trained.is_untrained:  # random weights are those of the configuration
        recorded = recorded_sections(trained)
        method, sections["training"] = recorded["method"], recorded["training"]
    if method:
        sections["method"] = method | sections.get("method", {})
    use = yaml.safe_dump(sections, default_flow_style=None, width=100)
    return f"cat > use.yaml <<'END'\n{use}END"


def used_sections(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of a configuration with which a checkpoint was used, from the record of scores.

    Records from before there was a choice of methods have ``memory``, ``refinement`` and ``num_superpixels``
    beside ``superpixels``.
    """
    if "propagation" in recorded:
        sections = ("method", "propagation", "adaptation", "superpixels")
        return {section: recorded[section] for section in sections if section in recorded}
    of_propagation = {key: recorded.get(key) for key in ("refinement", "num_superpixels")}
    superpixels = {"superpixels": recorded["superpixels"]} if "superpixels" in recorded else {}
    method = {"method": {"memory": recorded["memory"]}} if "memory" in recorded else {}
    return {**method, **superpixels, "propagation": of_propagation}


def _adaptation(used: Mapping[str, Any]) -> tuple[Fact, ...]:
    if not (how := used.get("adaptation")):
        return ()
    return (Fact("adaptation", f"after each video, {how['steps']} steps at {how['size']} px"),)


def _options(record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord) -> str:
    """Return the options that name the checkpoints."""
    joined = "" if record.joined_with is None else f" --checkpoint {short(record.joined_with)}"
    return f"--checkpoint {_reference(record, trained)}{joined}"


def _reference(record: BenchmarkRecord | EvaluationRecord, trained: CheckpointRecord) -> str:
    if not trained.is_pretrained:
        return short(record.checkpoint)
    return UNTRAINED if trained.is_untrained else PRETRAINED


def _training(trained: CheckpointRecord) -> str:
    settings = trained.configuration["training"]
    if trained.is_untrained:
        return f"none: random weights, seed {settings['seed']}"
    return f"{settings['steps']} steps, seed {settings['seed']}, final loss {trained.final_loss:.3f}"
