"""Whether a device computes in bfloat16."""

from pathlib import Path

import torch

_DESCRIBED = Path("/proc/cpuinfo")
_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Of x86 and, the last one, of ARM."""


def computes_bfloat16(device: torch.device) -> bool:
    """Return whether a device has instructions for bfloat16; without them, it takes longer than float32.

    A processor is asked through ``/proc/cpuinfo``; where that is missing, it counts as one without them.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        described = _DESCRIBED.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not _FLAGS.isdisjoint(described.split())
