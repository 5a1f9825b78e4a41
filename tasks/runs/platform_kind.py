"""The kind of machine on which bytes are made: it decides the last bits of floats, besides package versions.

Only the ledger records it. A replay that differs proves something only on the same kind of machine.
"""

import os
import platform
from pathlib import Path

import cv2
import threadpoolctl

from tasks.runs.execution_config import ExecutionConfig


def platform_kind() -> str:
    """Return the architecture, the instruction sets that OpenCV uses, and the kernels of numpy's BLAS."""
    # Only numpy's own: other loaded libraries differ from process to process.
    kernels = [
        str(library.get("architecture"))
        for library in threadpoolctl.threadpool_info()
        if Path(library["filepath"]).parent.name.startswith("numpy")
    ]
    return "; ".join((platform.machine(), cv2.getCPUFeaturesLine(), " ".join(kernels)))


def slic_build() -> str | None:
    """Return the instruction sets that fast-slic was built for where it was built; None if it is missing."""
    try:
        from cfast_slic import get_supported_archs
    except ImportError:
        return None
    return " ".join(get_supported_archs())


def platform_of(execution: ExecutionConfig) -> str | None:
    """Return the kind of machine that work is done on, or None if the machines of a cluster do it."""
    is_elsewhere = execution.backend == "ray" and "RAY_ADDRESS" in os.environ
    return None if is_elsewhere else platform_kind()
