"""The superpixel memory of a configuration, wherever that has it."""

from typing import Any

from flows.configuration import PipelineConfig
from shls_core.methods.memory_in_use import memory_of


def with_memory(config: PipelineConfig, **changes: Any) -> PipelineConfig:
    """Return a configuration with keys of the memory replaced that propagation reads, if it reads one.

    Raises
    ------
    ConfigError
        If the memory does not accept them.
    """
    memory = memory_of(config.method, config.propagation)
    if memory is None:
        return config
    changed = memory.model_dump() | changes
    if config.propagation.method == "own":
        return config.with_changes(method={"memory": changed})
    section = config.propagation.superpixel_memory.model_dump() | {"memory": changed}
    return config.with_changes(propagation={"superpixel_memory": section})
