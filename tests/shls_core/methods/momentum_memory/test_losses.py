import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from shls_core.methods.momentum_memory.losses import at_cells, at_pixels, reconstruction_loss


def test_cells_are_on_every_fourth_pixel_both_ways():
    channel = torch.randn(2, 22, 25, generator=torch.Generator().manual_seed(0))
    cells = at_cells(channel)
    assert cells.shape == (2, 6, 7)
    full = at_pixels(cells, 22, 25)
    torch.testing.assert_close(at_cells(full), cells)
    expected = interpolate(cells[None], (21, 25), mode="bilinear", align_corners=True)[0]
    torch.testing.assert_close(full[:, :21], expected)
    torch.testing.assert_close(full[:, 21], full[:, 20])  # beyond the last cell


def test_a_ramp_of_colour_is_reconstructed_without_a_shift():
    ramp = torch.linspace(-1, 1, 25).expand(1, 25, 25)
    assert reconstruction_loss(at_cells(ramp), ramp, 20.0, is_full=True) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("is_full", [True, False])
def test_it_is_quadratic_for_small_and_linear_for_large_differences(is_full):
    channel = torch.zeros(1, 5, 5)
    found = torch.zeros(1, 2, 2)
    for difference, expected in ((0.01, 0.5 * 0.2**2), (0.5, 10 - 0.5)):
        loss = reconstruction_loss(found + difference, channel, 20.0, is_full)
        assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_the_grid_compares_the_centres_of_cells_alone():
    rng = np.random.default_rng(0)
    channel = torch.from_numpy(rng.uniform(-1, 1, (1, 9, 9)))
    found = at_cells(channel).clone()
    assert reconstruction_loss(found, channel, 20.0, is_full=False) == 0
    assert reconstruction_loss(found, channel, 20.0, is_full=True) > 1
