"""The superpixel memory of a configuration, wherever that has it."""

from typing import Any

from flows.configuration import PipelineConfig
from shls_core.methods.memory_in_use import memory_of
from shls_core.propagation.fusion.config import FusedMemoryConfig

JOINED_L2 = 1e-3
"""Penalty of the model of the video on joined descriptors, which are twice as many, if no configuration is
given (``memory.discriminative.l2``)."""


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


def with_joined_penalty(config: PipelineConfig) -> PipelineConfig:
    """Return a configuration whose model of the video, if it is on, has the penalty `JOINED_L2`."""
    memory = memory_of(config.method, config.propagation)
    if not isinstance(memory, FusedMemoryConfig) or memory.discriminative is None:
        return config
    return with_memory(config, discriminative=memory.discriminative.model_dump() | {"l2": JOINED_L2})
