"""The task that learns weights from a dataset, or finds them learned."""

import time
from collections.abc import Mapping
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from shls_core.network.config import NetworkConfig
from shls_core.network.shls_network import new_network
from shls_core.split import TRAIN
from shls_core.training.batch import TrainingBatch
from shls_core.training.config import TrainingConfig
from shls_core.training.loop import StepMetrics, train
from shls_core.training.shls_method import ShlsMethod
from shls_core.training.weights import weights_to_bytes
from storage.canonical import digest_json
from storage.code_digest import code_digest
from storage.environment import package_versions
from storage.gate import require_passed
from storage.learned import CheckpointRecord
from storage.loader import SequenceLoader
from storage.manifest import get_record, put_record
from storage.store import Store
from storage.verification import require_undamaged
from tasks.checkpoints import choose_device, device_kind
from tasks.execution_config import ExecutionConfig
from tasks.outcomes import TrainingOutcome
from tasks.progress import progress
from tasks.reuse import made_once
from tasks.terminal import tell

_ENTRY_MODULES = ("shls_core.training.loop", "shls_core.training.shls_method", "storage.loader")
_PACKAGES = ("numpy", "opencv-python-headless", "safetensors", "torch")


@task(cache_policy=NO_CACHE)
def train_network(
    dataset: str, network: NetworkConfig, training: TrainingConfig, store: str, execution: ExecutionConfig
) -> TrainingOutcome:
    """Train on a dataset that passed the gate, and write the checkpoint into the store."""
    started = time.monotonic()
    opened = Store.create(store)
    require_passed(opened, dataset)
    _require_undamaged(opened, dataset)
    facts = _facts(dataset, network, training, execution)
    checkpoint, status = made_once(
        opened,
        "checkpoints",
        digest_json(facts),
        is_whole=lambda checkpoint: _is_whole(opened, checkpoint),
        make=lambda: _train(opened, facts, network, training, execution),
    )
    record = get_record(opened.objects, checkpoint, CheckpointRecord)
    outcome = TrainingOutcome(
        checkpoint=checkpoint,
        status=status,
        steps=training.steps,
        final_loss=record.final_loss,
        seconds=round(time.monotonic() - started, 3),
    )
    how = "reused" if status == "cached" else f"loss {outcome.final_loss:.3f}"
    tell(f"{'train':<12} {training.steps:>4} steps, {how}  {outcome.seconds:.1f} s")
    return outcome


def _facts(
    dataset: str, network: NetworkConfig, training: TrainingConfig, execution: ExecutionConfig
) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "configuration": {
            "network": network.model_dump(mode="json"),
            "training": training.model_dump(mode="json"),
        },
        "code_digest": code_digest(*_ENTRY_MODULES),
        "versions": package_versions(_PACKAGES),
        "device_kind": device_kind(choose_device(execution)),
    }


def _require_undamaged(store: Store, dataset: str) -> None:
    """Refuse a damaged dataset before hours are spent on it."""
    with progress("verify", "objects") as advance:
        require_undamaged(store, dataset, advance)


def _is_whole(store: Store, checkpoint: str) -> bool:
    if not store.objects.verify(checkpoint):
        return False
    return store.objects.verify(get_record(store.objects, checkpoint, CheckpointRecord).weights)


def _train(
    store: Store,
    facts: Mapping[str, Any],
    network_config: NetworkConfig,
    training: TrainingConfig,
    execution: ExecutionConfig,
) -> str:
    loader = SequenceLoader(store.objects, facts["dataset"], TRAIN)
    network = new_network(network_config, training.seed).to(choose_device(execution))
    losses: list[float] = []
    with progress("train", "steps") as advance:

        def on_step(metrics: StepMetrics) -> None:
            losses.append(metrics.loss)
            advance(metrics.step, training.steps)

        batches = (TrainingBatch(**arrays) for arrays in loader.batches(training.seed, training.batch_size))
        weights = train(ShlsMethod(network, training.temperature), batches, training, on_step)
    last = losses[-max(1, len(losses) // 10) :]
    record = CheckpointRecord(
        **facts,
        weights=store.objects.put(weights_to_bytes(weights.averaged)),
        final_loss=sum(last) / len(last),
    )
    return put_record(store.objects, record)
