"""How checkpoints are used, as commands print it: the second one, and what a preset of quality chose."""

from typing import Any

from flows.checkpoint_in_use import CheckpointInUse
from shls_core.methods.memory_in_use import memory_of
from shls_core.propagation.fusion.config import FusedMemoryConfig
from storage.canonical import short
from tasks.terminal import print_line


def use_json(used: CheckpointInUse, max_side: int | None) -> dict[str, Any]:
    """Return ``joined_with`` and ``quality`` as far as there is a second checkpoint, or a preset.

    Parameters
    ----------
    used
        The checkpoints.
    max_side
        Longest side in px at which videos are processed; None: their own size.
    """
    joined = {} if used.second is None else {"joined_with": used.second.id}
    if used.quality is None:
        return joined
    return {**joined, "quality": {"name": used.quality, "max_side": max_side, **_switches(used)}}


def print_use(used: CheckpointInUse, max_side: int | None) -> None:
    """Print, on standard error, which checkpoint is joined and what a preset chose."""
    if used.second is not None:
        share = used.config.propagation.joined.share
        print_line(f"{'joined':<12} {short(used.id)} with {short(used.second.id)}, share {share:g}")
    if used.quality is not None:
        size = "frames at their own size" if max_side is None else f"{max_side} px"
        chosen = ", ".join(f"{name} {value}" for name, value in _switches(used).items())
        print_line(f"{'quality':<12} {used.quality}: {size}, {chosen}")


def _switches(used: CheckpointInUse) -> dict[str, str]:
    """Return the switches that a preset sets and this use reads, as they are after other options."""
    propagation = used.config.propagation
    switches = {"precision": str(propagation.precision)}
    memory = memory_of(used.config.method, propagation)
    if isinstance(memory, FusedMemoryConfig):
        switches["discriminative"] = "off" if memory.discriminative is None else "on"
    if propagation.method == "label_propagation":
        switches["snap"] = str(propagation.label_propagation.snap)
    return {**switches, "adaptation": str(used.config.adaptation.mode)}
