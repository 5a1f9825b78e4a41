import numpy as np
import torch
from skimage.color import rgb2lab

from shls_core.methods.momentum_memory.lab import lab_of


def test_it_is_the_lab_of_scikit_image_scaled():
    """All shades of grey, all corners of the cube, and colours at random."""
    rng = np.random.default_rng(0)
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1)
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255])).reshape(3, -1).T
    colours = np.concatenate([greys, corners, rng.integers(0, 256, (500, 3))]).astype(np.uint8)
    expected = (rgb2lab(colours[None]) - [50, 0, 0]) / [50, 127, 127]
    found = lab_of(torch.from_numpy(colours)[None, None])
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found[0, :, 0].T, expected[0], atol=2e-4)
    assert found.abs().max() < 1.001
