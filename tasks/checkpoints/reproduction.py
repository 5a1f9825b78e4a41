"""The task that trains a checkpoint again from its record alone and compares the weights."""

import time
from contextlib import nullcontext
from typing import Any

import pydantic
from prefect import task
from prefect.cache_policies import NO_CACHE

from shls_core.methods.registry import DEFAULT
from storage.canonical import digest_json, short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig
from tasks.runs.outcomes import Reproduced, ReproductionOutcome
from tasks.terminal import print_line
from tasks.training.learn import facts_of, learn
from tasks.training.learning_config import learning_recorded, recorded_sections
from tasks.training.train_task import require_sound, require_usable, steps_shown


@task(cache_policy=NO_CACHE)
def reproduce_checkpoint(
    checkpoint: str, store: str, execution: ExecutionConfig, allow_withdrawn: bool = False
) -> ReproductionOutcome:
    """Train again from a checkpoint's record, and report whether the weights are the same.

    The checkpoint stays as it is. If code, packages or device are not those of the record, equal weights
    cannot be expected: nothing is trained, and the outcome is ``not comparable``.
    """
    started = time.monotonic()
    opened = Store.create(store)
    record = get_record(opened.objects, checkpoint, CheckpointRecord)

    def outcome(verdict: Reproduced, **found: Any) -> ReproductionOutcome:
        seconds = round(time.monotonic() - started, 3)
        return ReproductionOutcome(
            checkpoint=checkpoint, verdict=verdict, weights=record.weights, seconds=seconds, **found
        )

    try:
        learning = learning_recorded(record)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        return outcome(
            "not comparable", differences={f"configuration {key}": (str(first["input"]), first["msg"])}
        )
    facts = facts_of(record.dataset, learning, execution)
    if differences := differing(record, facts):
        return outcome("not comparable", differences=differences)

    allowed = require_usable(opened, record.dataset, learning, allow_withdrawn)
    for used in learning.datasets(record.dataset):
        require_sound(opened, used)
    print_line(
        f"trains {short(checkpoint)} again: {learning.training.steps} steps, seed {learning.training.seed}"
    )
    with steps_shown(learning.training.steps) as observe:
        again = learn(
            opened.objects, facts, learning, execution, observers=lambda course: nullcontext([observe])
        )
    is_same = again.record.weights == record.weights
    return outcome(
        "agrees" if is_same else "disagrees", weights_again=again.record.weights, allowed_withdrawn=allowed
    )


def differing(record: CheckpointRecord, facts: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what decides the weights and has changed: by name, what it was and what it is."""
    recorded = record.model_dump(mode="json") | {"configuration": recorded_sections(record)}
    then, now = _flat(recorded), _flat(facts)
    return {
        name: (then.get(name, "none"), now.get(name, "none"))
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    }


def _flat(facts: dict[str, Any]) -> dict[str, str]:
    return {
        "code": facts["code_digest"],
        "device": facts["device_kind"],
        "method": facts.get("method", DEFAULT),
        "configuration": digest_json(facts["configuration"]),
        **facts["versions"],
    }
