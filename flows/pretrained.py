"""How the checkpoint that comes with the project is used, unless somebody says otherwise."""

from flows.configuration import PipelineConfig
from tasks.learning_config import LearningConfig
from tasks.pretrained import PRETRAINED, read_pretrained


def pretrained_config() -> PipelineConfig:
    """Return a configuration with its network and its memory, and how it was trained.

    Raises
    ------
    InputError, ObjectCorrupted
        If it is missing or damaged.
    """
    learning = LearningConfig.model_validate(read_pretrained().record.configuration)
    return PipelineConfig(
        name=PRETRAINED, network=learning.network, memory=learning.memory, training=learning.training
    )
