"""The task that scores a checkpoint and two baselines on held-out sequences."""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from torch import nn

from shls_core.adaptation.labelled_sequences import adapting
from shls_core.errors import InputError
from shls_core.metrics.scores import ObjectScores, global_scores
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.evaluation import Segmenter, by_copying, by_propagation, evaluate
from shls_core.propagation.labelled_sequence import LabelledSequence
from shls_core.training.reproducible import reproducible
from storage.canonical import digest_json, short
from storage.kinds import KeyKind
from storage.provenance.code_digest import code_digest
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord, ObjectScore
from storage.records.manifests import get_record, put_record
from storage.rows.loader import SequenceLoader
from storage.rows.sources import has_source
from storage.store import Store
from tasks.checkpoints.load import network_of
from tasks.checkpoints.withdrawn_sources import datasets_there, print_withdrawn
from tasks.runs.device import choose_device, device_kind
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.made_once import made_once
from tasks.runs.outcomes import EvaluationOutcome
from tasks.runs.packages import installed_versions
from tasks.runs.progress import progress
from tasks.runs.run_artifacts import shown
from tasks.scoring.seen_sources import seen_sources
from tasks.scoring.segmenter_choice import PropagationChoice
from tasks.terminal import Advance, print_line
from tasks.training.learning_config import learning_of

_ENTRY_MODULES = ("shls_core.propagation.evaluation", "storage.rows.loader")
_ADAPTING_MODULE = "shls_core.adaptation.labelled_sequences"
_PACKAGES = ("numpy", "opencv-python-headless", "scipy", "torch")


@task(cache_policy=NO_CACHE)
def score_checkpoint(
    checkpoint: str,
    how: PropagationChoice,
    store: str,
    execution: ExecutionConfig,
    joined_with: str | None = None,
) -> EvaluationOutcome:
    """Propagate the first mask through the held-out sequences of the checkpoint's dataset and score it.

    If another dataset validates the checkpoint, the held-out sequences are of that one. It has the
    superpixels of its sequences: `how` divides no frame. If another checkpoint is joined with it, `how` has
    the method of that one, too.

    Raises
    ------
    InputError
        If the dataset has no sequences: it was made from videos alone, and masks of videos are unknown.
    """
    started = time.monotonic()
    opened = Store.create(store)
    checkpoints = (checkpoint, *filter(None, [joined_with]))
    records = [get_record(opened.objects, one, CheckpointRecord) for one in checkpoints]
    require_held_out(opened, records[0])
    for one, record in zip(checkpoints, records, strict=True):
        print_withdrawn(opened, one, record)
    if joined_with is not None:
        _print_seen(opened, joined_with, records[1], records[0].scored_on)
    facts = _facts(checkpoints, records[0], how, execution)
    evaluation, status = made_once(
        opened,
        KeyKind.EVALUATIONS,
        digest_json(facts),
        is_whole=opened.objects.verify,
        make=lambda: _evaluate(opened, facts, records, how, execution),
    )
    scored = get_record(opened.objects, evaluation, EvaluationRecord)
    outcome = EvaluationOutcome(
        evaluation=evaluation,
        status=status,
        num_sequences=scored.num_sequences,
        num_frames=scored.num_frames,
        scores=scored.scores,
        **scored.baselines,
        seconds=round(time.monotonic() - started, 3),
    )
    reused = ", reused" if status == "cached" else ""
    print_line(f"{'evaluate':<12} {scored.num_sequences:>4} sequences{reused}  {outcome.seconds:.1f} s")
    shown("result", lambda: _show(outcome))
    return outcome


def require_held_out(store: Store, trained: CheckpointRecord) -> None:
    """Refuse a checkpoint whose held-out sequences nobody has.

    Raises
    ------
    InputError
        If its dataset was made from videos alone, and no other one validates it.
    """
    if not has_source(store.objects, trained.scored_on, "stills"):
        raise InputError(
            f"expected held-out sequences with masks, got {short(trained.scored_on)}…, a dataset of videos "
            "alone: --davis ROOT scores its checkpoints, and so do sequences of a dataset of photographs if "
            "they are trained with validation_dataset: NAME"
        )


def _print_seen(store: Store, checkpoint: str, record: CheckpointRecord, scored_on: str) -> None:
    """Print how much of what is held out from the first checkpoint the second one learned from."""
    seen = seen_sources(store, scored_on, datasets_there(store, record))
    if seen.num_seen:
        print_line(
            f"checkpoint {short(checkpoint)} was trained on {seen.num_seen} of the {seen.num_held_out} "
            "photographs of these held-out sequences: the score is too high"
        )


def _facts(
    checkpoints: tuple[str, ...],
    trained: CheckpointRecord,
    how: PropagationChoice,
    execution: ExecutionConfig,
) -> dict[str, Any]:
    adapting_modules = (_ADAPTING_MODULE,) if how.adapts else ()
    return {
        **dict(zip(("checkpoint", "joined_with"), checkpoints, strict=False)),
        "dataset": trained.scored_on,
        "configuration": how.facts(),
        "code_digest": code_digest(*_ENTRY_MODULES, *how.modules(), *adapting_modules),
        "versions": installed_versions((*_PACKAGES, *how.packages())),
        "device_kind": device_kind(choose_device(execution)),
    }


def _evaluate(
    store: Store,
    facts: Mapping[str, Any],
    records: Sequence[CheckpointRecord],
    how: PropagationChoice,
    execution: ExecutionConfig,
) -> str:
    learned = learning_of(records[0])
    device = choose_device(execution)
    trained = [network_of(record, store.objects.get(record.weights), device) for record in records]
    untrained = [_untrained(record, device) for record in records]
    segmenters: dict[str, Segmenter] = {
        "trained": by_propagation(how.propagator(*trained)),
        "untrained": by_propagation(how.propagator(*untrained)),
        "copy_first_mask": by_copying,
    }
    if adaptation := how.adaptation_on(device):
        segmenters = {name: adapting(one, adaptation) for name, one in segmenters.items()}
    sequences = SequenceLoader(store.objects, records[0].scored_on, HELD_OUT, how.columns)
    objects: dict[str, list[ObjectScores]] = {}
    with progress("evaluate", "sequences") as advance, reproducible(learned.training.num_threads):
        for position, (name, segmenter) in enumerate(segmenters.items()):
            done_before = position * len(sequences)
            counted = _counting(segmenter, advance, done_before, len(segmenters) * len(sequences))
            objects[name] = evaluate(counted, sequences)

    scores = {name: global_scores(found).as_dict() for name, found in objects.items()}
    record = EvaluationRecord(
        **facts,
        num_sequences=len(sequences),
        num_frames=sum({found.sequence: len(found.frame_j) for found in objects["trained"]}.values()),
        scores=scores.pop("trained"),
        baselines=scores,
        objects=tuple(
            ObjectScore(
                sequence=found.sequence,
                object_id=found.object_id,
                j_mean=found.scores.j_mean,
                f_mean=found.scores.f_mean,
            )
            for found in objects["trained"]
        ),
    )
    return put_record(store.objects, record)


def _untrained(record: CheckpointRecord, device: torch.device) -> nn.Module:
    """Return the network of a checkpoint as it was before the first step."""
    learned = learning_of(record)
    return learned.chosen_method().new_network(learned.method, learned.training.seed).to(device)


def _counting(segmenter: Segmenter, advance: Advance, done_before: int, total: int) -> Segmenter:
    """Return the segmenter; it reports the number of sequences that it has done."""
    count = itertools.count(done_before + 1)

    def counted(sequence: LabelledSequence) -> npt.NDArray[np.uint8]:
        masks = segmenter(sequence)
        advance(next(count), total)
        return masks

    return counted


def _show(outcome: EvaluationOutcome) -> object:
    rows = {
        "trained": outcome.scores,
        "untrained": outcome.untrained,
        "copy the first mask": outcome.copy_first_mask,
    }
    columns = ("J&F-Mean", "J-Mean", "F-Mean")
    lines = [
        f"| method | {' | '.join(columns)} |",
        "|---|---|---|---|",
        *(
            f"| {name} | {' | '.join(f'{100 * row[column]:.1f}' for column in columns)} |"
            for name, row in rows.items()
        ),
    ]
    table = "\n".join(lines)
    return create_markdown_artifact(
        f"{outcome.num_sequences} held-out sequences, {outcome.num_frames} scored frames\n\n{table}\n",
        key="result",
        description="J, F and J&F on held-out sequences",
    )
