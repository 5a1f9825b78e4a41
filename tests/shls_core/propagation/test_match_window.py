import math

import pytest
import torch

from shls_core.propagation.match_window import Window


@pytest.mark.parametrize(
    ("window", "num_cells", "reach"),
    [
        (Window("disc", 12.0), 437, 11),
        (Window("disc", 1.0), 1, 0),
        (Window("disc", 1.5), 9, 1),
        (Window("square", 12.0), 625, 12),
        (Window("square", 0.5), 1, 0),
    ],
)
def test_the_window_holds_the_cells_around_its_own_and_none_beyond_its_reach(window, num_cells, reach):
    offsets = torch.arange(-20, 21)
    inside = window.contains(offsets[:, None], offsets)
    assert inside.sum() == num_cells
    assert window.reach == reach
    assert offsets[inside.any(0)].abs().max() == reach


@pytest.mark.parametrize(
    "window", [Window("none", 1.0), Window("disc", math.inf), Window("square", math.inf)]
)
def test_some_windows_hold_everything(window):
    assert window.reach is None
    assert window.contains(torch.tensor([0, 10**6]), torch.tensor([10**6, 0])).all()
