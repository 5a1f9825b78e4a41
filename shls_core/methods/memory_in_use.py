"""The superpixel memory that a propagation uses, wherever its configuration is."""

from shls_core.methods.config import MethodConfig
from shls_core.methods.registry import method_named
from shls_core.methods.superpixel_method import SuperpixelMethod
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.superpixel_memory.config import MemoryConfig


def memory_of(config: MethodConfig, propagation: PropagationConfig) -> MemoryConfig | None:
    """Return the memory of a method in use and its propagation; None if that is no superpixel memory."""
    if propagation.method == "superpixel_memory":
        return propagation.superpixel_memory.memory
    if propagation.method != "own" or not isinstance(method_named(config.name), SuperpixelMethod):
        return None
    memory: MemoryConfig = config.memory  # type: ignore[attr-defined]  # what has such features has it
    return memory
