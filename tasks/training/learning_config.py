"""What is learned, and how: those sections of a configuration that decide the weights."""

from typing import Any

from pydantic import ValidationError

from shls_core.errors import ConfigError
from shls_core.frozen import FrozenConfig
from shls_core.methods.shls.memory.config import MemoryConfig
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.training.config import TrainingConfig
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import record_id


class LearningConfig(FrozenConfig):
    """The sections of a configuration that training reads."""

    network: NetworkConfig = NetworkConfig()
    """The network."""
    memory: MemoryConfig = MemoryConfig()
    """The memory of a video: refinement is trained through it, and validation propagates with it."""
    training: TrainingConfig = TrainingConfig()
    """How weights are learned."""

    @property
    def reads_memory(self) -> bool:
        """Whether training has a memory: with refinement or validation, and not otherwise."""
        return self.network.refinement.mode != "off" or bool(self.training.validate_every)

    def deciding(self) -> dict[str, Any]:
        """Return what of it can change the weights or what is recorded of them."""
        unread = set() if self.reads_memory else {"memory"}
        return self.model_dump(mode="json", exclude=unread)


def learning_of(record: CheckpointRecord) -> LearningConfig:
    """Return how a checkpoint was learned.

    Raises
    ------
    ConfigError
        If this version does not know what its record says.
    """
    try:
        return LearningConfig.model_validate(record.configuration)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"expected a checkpoint configured as this version has it, got {record_id(record)[:12]}…: "
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
