"""The settings of torch under which a run repeats bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(num_threads: int) -> Iterator[None]:
    """Use deterministic kernels and a fixed number of threads; what was set before is restored.

    On CUDA the environment must also hold ``CUBLAS_WORKSPACE_CONFIG=:4096:8`` before the first kernel.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.set_num_threads(threads)
