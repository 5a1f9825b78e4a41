"""Views are checked on frames whose pixels hold their own coordinates."""

import numpy as np
import pytest
import torch

from shls_core.methods.dul.draws import MainView, RegularisingView
from shls_core.methods.dul.views import at_cells, main_cells, main_view, regularising_view


def coordinates(side):
    """(1, 3, side, side): row, column and nothing."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    return torch.tensor(np.stack([rows, columns, np.zeros_like(rows)]))[None]


def error_of(view, crop, alignment):
    """The largest distance, in px, between what a cell of the view shows and the cell it is mapped to."""
    images = coordinates(crop)
    shown = regularising_view(images, view)[0, :2, ::8, ::8].reshape(2, -1)
    cells = main_cells(view, crop, alignment)
    there = images[0, :2, ::8, ::8].reshape(2, -1)[:, cells]
    return (shown - there).abs().max().item()


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize(("side", "top", "left"), [(249, 0, 0), (124, 0, 0), (124, 125, 125), (200, 13, 37)])
def test_a_cell_is_mapped_to_the_nearest_cell(flipped, side, top, left):
    view = RegularisingView(flipped, side, top, left)
    assert error_of(view, 249, "strided") <= 4.0 + 1e-3


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("side", range(124, 250))
def test_every_side_and_place_is_mapped_to_the_nearest_cell(flipped, side):
    for left in {0, 1, (249 - side) // 2, max(0, 248 - side), 249 - side}:
        columns = (np.arange(32) * 8 + 0.5) * side / 249 - 0.5 + left
        shown = 248 - columns if flipped else columns
        cells = main_cells(RegularisingView(flipped, side, 0, left), 249).reshape(32, 32)
        assert (cells // 32 == cells[:, :1] // 32).all()
        assert np.abs(cells[0] % 32 * 8 - shown).max() <= 4.0 + 1e-9


def test_the_published_rule_is_off_by_most_of_a_cell_when_mirrored():
    """Why the crop is 249 px and cells are aligned by their centres."""
    mirrored = RegularisingView(flipped=True, side=256, top=0, left=0)
    assert error_of(mirrored, 256, "half_pixel") == pytest.approx(7.0, abs=1e-3)
    assert error_of(RegularisingView(False, 256, 0, 0), 256, "half_pixel") == pytest.approx(0.0, abs=1e-3)
    assert error_of(RegularisingView(True, 249, 0, 0), 249, "strided") == pytest.approx(0.0, abs=1e-3)


def test_the_main_view_is_one_cut_of_the_chosen_frames():
    frames = np.random.default_rng(0).integers(0, 256, (4, 12, 14, 3), dtype=np.uint8)
    view = MainView(order=(3, 0), top=2, left=5, flipped=True)
    expected = np.stack([frames[3, 2:10, 5:13][:, ::-1], frames[0, 2:10, 5:13][:, ::-1]])
    np.testing.assert_array_equal(main_view(frames, view, 8), expected)


def test_a_whole_view_that_is_not_mirrored_is_the_main_view():
    images = torch.rand(2, 3, 33, 33)
    assert torch.equal(regularising_view(images, RegularisingView(False, 33, 0, 0)), images)


def test_vectors_are_taken_per_clip_in_all_frames():
    vectors = torch.arange(2 * 3 * 4).reshape(2, 3, 4, 1).float()
    found = at_cells(vectors, torch.tensor([[3, 0], [1, 1]]))
    assert found[0, :, :, 0].tolist() == [[3, 0], [7, 4], [11, 8]]
    assert found[1, :, :, 0].tolist() == [[13, 13], [17, 17], [21, 21]]
