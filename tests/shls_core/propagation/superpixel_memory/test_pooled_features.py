import numpy as np
import pytest
import torch

from shls_core.propagation.superpixel_memory.encoded_frame import SuperpixelFeatures
from shls_core.propagation.superpixel_memory.pooled_config import SuperpixelMemoryConfig
from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures, cell_weights
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator

RNG = np.random.default_rng(0)


class Colours:
    """The colours of every eighth pixel, and of every fourth."""

    device = torch.device("cpu")

    def __init__(self, stride):
        self.stride = stride

    def encode(self, frame):
        return torch.tensor(frame[:: self.stride, :: self.stride]).permute(2, 0, 1).float()


def superpixels(height, width, side):
    rows, columns = np.mgrid[:height, :width] // side
    return (rows * (-(-width // side)) + columns).astype(np.int64)


@pytest.mark.parametrize(("height", "width", "stride"), [(17, 25, 8), (16, 24, 8), (9, 13, 4), (5, 5, 8)])
def test_weights_average_what_is_interpolated_pixel_by_pixel(height, width, stride):
    maps = superpixels(height, width, 5)
    rows, columns = -(-height // stride), -(-width // stride)
    cells = RNG.normal(size=(rows, columns))
    full = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            down, along = min(y / stride, rows - 1), min(x / stride, columns - 1)
            top, left = int(down), int(along)
            bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            upper = cells[top, left] * (1 - along + left) + cells[top, right] * (along - left)
            lower = cells[bottom, left] * (1 - along + left) + cells[bottom, right] * (along - left)
            full[y, x] = upper * (1 - down + top) + lower * (down - top)
    expected = [full[maps == label].mean() for label in range(maps.max() + 1)]
    weights = cell_weights(maps, stride)
    np.testing.assert_allclose(weights @ cells.ravel(), expected, atol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)


def test_a_frame_is_encoded_as_the_memory_expects():
    frame = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    maps = superpixels(20, 30, 5)
    pooled = PooledFeatures(Colours(4))
    assert isinstance(pooled, SuperpixelFeatures)
    encoded = pooled.encode(frame, maps)
    torch.testing.assert_close(encoded.superfeatures.norm(dim=1), torch.ones(24))
    torch.testing.assert_close(encoded.centres[0], torch.tensor([2 / 19, 2 / 29]))
    assert torch.equal(encoded.superpixels, torch.tensor(maps))
    assert encoded.view is None
    assert pooled.refiner() is None


def test_a_coloured_square_is_followed():
    def frame(left):
        pixels = np.full((40, 60, 3), (40, 160, 60), np.uint8)
        pixels[10:30, left : left + 20] = (220, 30, 30)
        return pixels

    propagator = SuperpixelMemoryPropagator(
        PooledFeatures(Colours(4)),
        SuperpixelMemoryConfig().memory,
        lambda pixels: superpixels(40, 60, 5).astype(np.uint16),
    )
    first = (frame(5)[..., 0] > 200).astype(np.uint8)
    propagator.start(propagator.prepare(frame(5)), first)
    for left in (10, 15, 20):
        mask = propagator.step(propagator.prepare(frame(left)))
        truth = frame(left)[..., 0] > 200
        assert (mask.astype(bool) & truth).sum() / (mask.astype(bool) | truth).sum() > 0.9
