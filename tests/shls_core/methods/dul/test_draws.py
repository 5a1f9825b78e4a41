import numpy as np
import pytest

from shls_core.methods.dul.config import DulConfig, ViewsConfig
from shls_core.methods.dul.draws import draw, grid_cells


def drawn(config, seed=0):
    return draw(np.random.default_rng(seed), config, num_frames=7, height=300, width=400)


def test_a_draw_stays_inside_the_clip():
    config = DulConfig()
    for seed in range(50):
        one = drawn(config, seed)
        assert len(set(one.main.order)) == 5
        assert set(one.main.order) <= set(range(7))
        assert 0 <= one.main.top <= 300 - 249
        assert 0 <= one.main.left <= 400 - 249
        assert int(0.5 * 249) <= one.view.side <= 249
        assert min(one.view.top, one.view.left) >= 0
        assert max(one.view.top, one.view.left) + one.view.side <= 249


def test_every_part_of_the_grid_has_one_cell_and_all_places_occur():
    seen = set()
    for seed in range(200):
        cells = np.array(grid_cells(np.random.default_rng(seed), 32, 8, "shared"))
        rows, columns = np.divmod(cells, 32)
        np.testing.assert_array_equal(rows // 4, np.repeat(np.arange(8), 8))
        np.testing.assert_array_equal(columns // 4, np.tile(np.arange(8), 8))
        assert len(set((rows % 4).tolist())) == len(set((columns % 4).tolist())) == 1
        seen.add((int(rows[0] % 4), int(columns[0] % 4)))
    assert len(seen) == 16


def test_a_grid_that_does_not_divide_the_cells_leaves_the_last_ones_out():
    cells = np.array(grid_cells(np.random.default_rng(0), 11, 4, "none"))
    assert len(cells) == 16
    assert set((cells // 11).tolist()) == {0, 2, 4, 6}


def test_anchors_may_have_places_of_their_own_or_none():
    own = np.array(grid_cells(np.random.default_rng(0), 32, 8, "cell"))
    assert len(set(((own // 32) % 4).tolist())) > 1
    fixed = np.array(grid_cells(np.random.default_rng(0), 32, 8, "none"))
    assert not ((fixed // 32) % 4).any()
    assert not ((fixed % 32) % 4).any()


@pytest.mark.parametrize(
    "switch",
    [{"anchor_jitter": "cell"}, {"anchor_jitter": "none"}, {"cross_view_weight": 0.0}, {"temperature": 1.0}],
)
def test_a_switch_changes_no_other_draw(switch):
    one, other = drawn(DulConfig()), drawn(DulConfig(**switch))
    assert (one.main, one.view, one.cross_view) == (other.main, other.view, other.cross_view)


def test_without_regularisation_both_views_are_the_same():
    config = DulConfig(views=ViewsConfig(regularise=False))
    one = drawn(config)
    assert (one.view.flipped, one.view.side, one.view.top, one.view.left) == (False, 249, 0, 0)
    assert one.main == drawn(DulConfig()).main
    assert one.anchors == drawn(DulConfig()).anchors
