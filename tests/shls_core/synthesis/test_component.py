import numpy as np

from shls_core.synthesis.component import cut_component, draw_component
from shls_core.synthesis.config import SynthesisConfig

CONFIG = SynthesisConfig(min_component_share=0.01)


def two_shapes() -> np.ndarray:
    """An L and, inside the L's box but apart from it, a square; far below the level, a dot."""
    saliency_map = np.zeros((20, 30), dtype=np.uint8)
    saliency_map[2:12, 3:6] = 200
    saliency_map[9:12, 3:15] = 200
    saliency_map[2:6, 9:14] = 200
    saliency_map[18, 28] = 255
    return saliency_map


def test_components_are_cut_whole_and_alone():
    saliency_map, shape = two_shapes(), np.zeros((20, 30), dtype=bool)
    shape[2:12, 3:6] = shape[9:12, 3:15] = True
    seen = set()
    for seed in range(20):
        component = draw_component(saliency_map, CONFIG, np.random.default_rng(seed))
        assert component is not None
        top, left, bottom, right = component.box
        cut = cut_component(saliency_map, component)
        assert saliency_map[component.seed] >= component.level
        assert cut[component.seed[0] - top, component.seed[1] - left] == 1
        if component.box == (2, 3, 12, 15):
            np.testing.assert_array_equal(cut, shape[top:bottom, left:right])
        else:
            assert component.box == (2, 9, 6, 14)
            assert cut.all()
        seen.add(component.box)
    assert len(seen) == 2


def test_diagonal_neighbours_are_two_components():
    saliency_map = np.zeros((10, 10), dtype=np.uint8)
    saliency_map[0:3, 0:3] = saliency_map[3:6, 3:6] = 255
    component = draw_component(saliency_map, CONFIG, np.random.default_rng(0))
    assert component is not None
    assert component.box in {(0, 0, 3, 3), (3, 3, 6, 6)}


def test_the_level_changes_the_shape_and_stays_in_its_interval():
    ramp = np.tile(np.arange(100, dtype=np.uint8) * 2, (20, 1))  # the maximum is 198
    drawn = [draw_component(ramp, CONFIG, np.random.default_rng(seed)) for seed in range(60)]
    levels = [component.level for component in drawn if component is not None]
    assert len(levels) == 60
    assert min(levels) >= 49
    assert max(levels) <= 149
    assert len(set(levels)) > 20
    for component in drawn:
        assert component is not None
        assert component.box == (0, -(-component.level // 2), 20, 100)


def test_there_may_be_none():
    rng = np.random.default_rng(0)
    assert draw_component(np.zeros((20, 20), dtype=np.uint8), CONFIG, rng) is None
    dust = np.zeros((20, 20), dtype=np.uint8)
    dust[::4, ::4] = 255
    assert draw_component(dust, CONFIG, rng) is None


def test_a_map_that_is_foreground_everywhere():
    component = draw_component(np.full((5, 6), 80, dtype=np.uint8), CONFIG, np.random.default_rng(0))
    assert component is not None
    assert component.box == (0, 0, 5, 6)
