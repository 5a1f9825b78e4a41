"""On what kind of machine bytes are made: what decides the last bits of floats, beside package versions.

It goes into the ledger alone. A replay that differs proves something only where it runs on the same kind.
"""

import os
import platform
from pathlib import Path

import cv2
import threadpoolctl

from tasks.runs.execution_config import ExecutionConfig


def platform_kind() -> str:
    """Return the architecture, the instruction sets that OpenCV uses, and the kernels of numpy's BLAS."""
    # numpy's own: what else is loaded differs from process to process.
    kernels = [
        str(library.get("architecture"))
        for library in threadpoolctl.threadpool_info()
        if Path(library["filepath"]).parent.name.startswith("numpy")
    ]
    return "; ".join((platform.machine(), cv2.getCPUFeaturesLine(), " ".join(kernels)))


def platform_of(execution: ExecutionConfig) -> str | None:
    """Return the kind of machine that work is done on, or None where a cluster's own machines do it."""
    is_elsewhere = execution.backend == "ray" and "RAY_ADDRESS" in os.environ
    return None if is_elsewhere else platform_kind()
