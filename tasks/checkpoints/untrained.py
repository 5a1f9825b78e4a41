"""The untrained network of a configuration, as a checkpoint."""

from typing import Final

from shls_core.training.weights import weights_to_bytes
from storage.canonical import digest_bytes
from storage.kinds import RecordKind
from storage.records.checkpoints import CheckpointRecord
from tasks.runs.execution_config import ExecutionConfig
from tasks.training.learn import Learned, facts_of
from tasks.training.learning_config import LearningConfig

UNTRAINED: Final = "untrained"
"""Its name on the command line."""


def untrained_checkpoint(learning: LearningConfig, execution: ExecutionConfig) -> Learned:
    """Return the random weights that a training of this configuration would begin with.

    Its record is of the kind that needs no dataset. It has 0 steps, and as dataset the digest of no bytes,
    which is the id of no dataset.
    """
    network = learning.chosen_method().new_network(learning.method, learning.training.seed)
    weights = weights_to_bytes(network.state_dict())
    facts = facts_of(digest_bytes(b""), learning, execution)
    record = CheckpointRecord(
        **facts, kind=RecordKind.PRETRAINED.value, weights=digest_bytes(weights), final_loss=0.0, step=0
    )
    return Learned(record, weights)
