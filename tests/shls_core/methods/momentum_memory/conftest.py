import numpy as np
import pytest

from shls_core.methods.momentum_memory.config import (
    MomentumMemoryConfig,
    MomentumNetworkConfig,
    ViewsConfig,
)


@pytest.fixture(scope="session")
def tiny():
    """A network of a sixteenth of the width on 21x21 px: 6x6 cells; a memory of two frames from step 2 on."""
    return MomentumMemoryConfig(
        network=MomentumNetworkConfig(width_multiplier=0.0625, embedding_size=5),
        views=ViewsConfig(num_frames=3, crop=21),
        window=2,
        memory_from=2,
        memory_learning_rate=5e-4,
        num_references=2,
        momentum=0.9,
    )


@pytest.fixture(scope="session")
def clips():
    """Two sequences of four frames of 24x30 px, not cut out yet."""
    return np.random.default_rng(0).integers(0, 256, (2, 4, 24, 30, 3), dtype=np.uint8)
