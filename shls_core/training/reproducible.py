"""The settings of torch under which a run repeats bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from shls_core.seeding import generator


@contextmanager
def reproducible(num_threads: int) -> Iterator[None]:
    """Use deterministic kernels and a fixed number of threads; what was set before is restored.

    On CUDA the environment must also hold ``CUBLAS_WORKSPACE_CONFIG=:4096:8`` before the first kernel.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.set_num_threads(num_threads)
    torch.use_deterministic_algorithms(True)
    # It picks kernels by the time they take, which differs from run to run.
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.set_num_threads(threads)


@contextmanager
def seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """Let the random numbers of torch inside the block depend on the seed of a run and the step alone.

    So a run that goes on from a step needs no random state from before; the state outside is left as it was.
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(generator(seed, "step", str(step)).integers(2**63)))
        yield
