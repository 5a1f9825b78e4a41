"""The checkpoint that a dataset's clusters are made with, as their stage needs it."""

from shls_core.methods.registry import DEFAULT
from storage.kinds import RecordKind
from storage.provenance.code_digest import code_digest
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.references import resolve
from storage.store import Store
from tasks.runs.device import choose_device, device_kind
from tasks.runs.execution_config import ExecutionConfig
from tasks.stages.clusters import ClusterMaker
from tasks.training.learning_config import method_of


def cluster_maker(
    store: Store, checkpoint: str, execution: ExecutionConfig, num_threads: int
) -> ClusterMaker:
    """Return what makes clusters with a checkpoint.

    Parameters
    ----------
    store
        Where it is.
    checkpoint
        Its id, or the beginning of that.
    execution
        Says on which device.
    num_threads
        Threads of torch: on a CPU the bits depend on them.

    Raises
    ------
    NameUnknown
        If the store has no such checkpoint.
    InputError
        If this version does not know its method.
    """
    found = resolve(store, checkpoint, RecordKind.CHECKPOINT)
    record = get_record(store.objects, found, CheckpointRecord)
    method, section = method_of(record)
    return ClusterMaker(
        checkpoint=found,
        weights=record.weights,
        method={"name": record.method or DEFAULT, "network": section.get("network", {})},
        features_code=code_digest(*method.feature_modules),
        device_kind=device_kind(choose_device(execution)),
        num_threads=num_threads,
    )
