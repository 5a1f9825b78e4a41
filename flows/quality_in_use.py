"""A configuration with the switches of a preset of quality."""

from flows.configuration import PipelineConfig
from flows.memory_in_use import with_memory
from flows.quality import Quality
from shls_core.methods.memory_in_use import memory_of
from shls_core.propagation.fusion.config import FusedMemoryConfig
from tasks.runs.bfloat16 import computes_bfloat16
from tasks.runs.device import choose_device


def in_quality(config: PipelineConfig, quality: Quality) -> PipelineConfig:
    """Return a configuration with the switches of a preset.

    A model of the video that is on keeps its settings.

    Raises
    ------
    MissingComponent
        If the configuration asks for a GPU and there is none.
    """
    low = quality.bfloat16 and computes_bfloat16(choose_device(config.execution))
    labels = config.propagation.label_propagation.model_dump()
    labels["snap"] = "superpixels" if quality.snap else "none"
    is_snapped = config.propagation.method == "label_propagation"
    changed = config.with_changes(
        propagation={
            "precision": "bf16" if low else "fp32",
            "label_propagation": labels if is_snapped else None,
        },
        adaptation={"mode": "after_video" if quality.adapts else "off"},
    )
    memory = memory_of(config.method, config.propagation)
    has_model = isinstance(memory, FusedMemoryConfig) and memory.discriminative is not None
    if has_model == quality.discriminative:
        return changed
    return with_memory(changed, discriminative={} if quality.discriminative else None)
