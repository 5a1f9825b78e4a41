"""The settings of torch under which a run repeats bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shls_core.seeding import generator


@contextmanager
def reproducible(num_threads: int) -> Iterator[None]:
    """Use deterministic kernels and a fixed number of threads; the previous settings are restored.

    On CUDA the environment must also hold ``CUBLAS_WORKSPACE_CONFIG=:4096:8`` before the first kernel.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True)
    # The benchmark picks kernels by their measured time, which differs from run to run.
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.set_num_threads(threads)


@contextmanager
def seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """Make torch's random numbers inside the block depend on the seed of a run and the step alone.

    So a run that resumes at a step needs no saved random state; the state outside the block does not change.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(generator(seed, "step", str(step)).integers(2**63)))
        yield
