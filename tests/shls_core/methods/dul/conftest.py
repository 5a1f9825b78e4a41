import numpy as np
import pytest

from shls_core.methods.dul.config import DulConfig, DulNetworkConfig, ViewsConfig


@pytest.fixture(scope="session")
def tiny():
    """A network of a sixteenth of the width on 33x33 px: 5x5 cells."""
    return DulConfig(
        network=DulNetworkConfig(width_multiplier=0.0625, embedding_size=8),
        views=ViewsConfig(num_frames=3, crop=33),
        grid=2,
        cross_view_grid=2,
    )


@pytest.fixture(scope="session")
def clips():
    """Two clips of four frames of 40x44 px."""
    return np.random.default_rng(0).integers(0, 256, (2, 4, 40, 44, 3), dtype=np.uint8)
