"""Masks to the grid and back, against loops over pixels."""

import numpy as np
import pytest
import torch

from shls_core.propagation.grid_mapping import GridMapping

SIZES = [(17, 24), (16, 9), (1, 5), (8, 23)]


def centres(side: int, stride: int, grid: str) -> list[float]:
    count = -(-side // stride)
    if grid == "strided":
        return [stride * n for n in range(count)]
    return [n * (side - 1) / max(count - 1, 1) for n in range(count)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("grid", ["strided", "corners"])
def test_cells_lie_where_the_grid_says_and_on_the_frame(size, grid):
    mapping = GridMapping.of(size, 8, grid)
    for places, side in zip((mapping.rows, mapping.columns), size, strict=True):
        assert places.tolist() == pytest.approx(centres(side, 8, grid))
        assert places.max() <= side - 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("grid", ["strided", "corners"])
def test_values_come_back_bilinear(size, grid):
    mapping = GridMapping.of(size, 8, grid)
    values = np.random.default_rng(0).random(mapping.shape)
    rows, columns = (centres(side, 8, grid) for side in size)
    by_row = np.stack([np.interp(range(size[0]), rows, values[:, n]) for n in range(len(columns))], 1)
    expected = np.stack([np.interp(range(size[1]), columns, row) for row in by_row])
    found = mapping.at_full_size(torch.from_numpy(values).float())
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("grid", ["strided", "corners"])
def test_shares_are_means_over_the_pixels_nearest_to_each_cell(size, grid):
    mapping = GridMapping.of(size, 8, grid)
    mask = np.random.default_rng(0).random(size)
    fine = 40  # parts of a pixel along each axis
    nearest = []
    for side, axis in zip(size, (mapping.rows, mapping.columns), strict=True):
        places = (np.arange(side * fine) + 0.5) / fine - 0.5
        nearest.append(np.abs(places[:, None] - axis.double().numpy()).argmin(1))
    sums = np.zeros((*mapping.shape,))
    counts = np.zeros_like(sums)
    parts = mask.repeat(fine, 0).repeat(fine, 1)
    np.add.at(sums, np.ix_(*nearest), parts)
    np.add.at(counts, np.ix_(*nearest), 1)
    [found] = mapping.shares(torch.from_numpy(mask).float()[None])
    np.testing.assert_allclose(found, sums / counts, atol=0.03)


def test_samples_are_pixels_where_centres_are_pixels():
    mask = np.random.default_rng(0).random((20, 33)).astype(np.float32)
    [found] = GridMapping.of((20, 33), 8, "strided").samples(torch.from_numpy(mask)[None])
    np.testing.assert_array_equal(found, mask[::8, ::8])


@pytest.mark.parametrize("grid", ["strided", "corners"])
def test_planes_keep_their_place_on_the_way_down_and_up(grid):
    rows, columns = torch.meshgrid(torch.arange(25.0), torch.arange(33.0), indexing="ij")
    plane = rows + 3 * columns
    mapping = GridMapping.of((25, 33), 8, grid)
    torch.testing.assert_close(mapping.at_full_size(mapping.samples(plane[None])[0]), plane)
