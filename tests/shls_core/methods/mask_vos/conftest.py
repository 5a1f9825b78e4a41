import numpy as np
import pytest

from shls_core.methods.mask_vos.config import MaskVosConfig, MaskVosNetworkConfig, MaskVosViewsConfig
from shls_core.training.batch import TrainingBatch


@pytest.fixture(scope="session")
def tiny():
    """A network of a sixteenth of the width on 33x33 px: 5x5 cells."""
    return MaskVosConfig(
        network=MaskVosNetworkConfig(width_multiplier=0.0625, embedding_size=8, decoder_width=0.0625),
        views=MaskVosViewsConfig(crop=33, long_gap=3),
        grid=2,
        cross_view_grid=2,
        pseudo_masks="shards",
    )


@pytest.fixture(scope="session")
def batch():
    """Two clips of five frames of 40x44 px: one with three objects, one with none."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 5, 40, 44, 3), dtype=np.uint8)
    masks = np.zeros((2, 5, 40, 44), np.uint8)
    masks[0, :, 4:20, 6:20] = 1
    masks[0, :, 22:38, 8:20] = 7
    masks[0, :, 10:30, 24:40] = 3
    return TrainingBatch(frames=frames, masks=masks)
