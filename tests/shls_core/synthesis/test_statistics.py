import numpy as np
import pytest

from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.render import PseudoSequence, render
from shls_core.synthesis.statistics import sequence_statistics


def recipe_of(pool, source_ids, seed=0):
    empty = np.zeros_like(pool.masks["astronaut"])
    config = SynthesisConfig(frame_size=64, num_frames=3)
    rng = generator(seed, "recipe")
    return draw_recipe("s", "astronaut", empty, source_ids, pool.saliency_maps, config, rng)[0]


def test_counts_of_a_hand_made_sequence(pool):
    recipe = recipe_of(pool, ("coffee", "chelsea"))
    masks = np.zeros((4, 4, 4), dtype=np.uint8)
    masks[:, 0] = 1  # four pixels of object 1 in every frame
    masks[[0, 2], 3] = 2  # object 2 leaves, returns, leaves
    masks[1, 0, 0] = 2
    masks[1, 0, 0] = 0
    full_areas = np.array([[4, 4], [4, 0], [5, 4], [8, 0]])
    sequence = PseudoSequence(
        frames=np.zeros((4, 4, 4, 3), dtype=np.uint8), masks=masks, full_areas=full_areas
    )
    statistics = sequence_statistics(recipe, sequence)
    assert statistics.num_objects == 2
    assert statistics.num_pasted == len(recipe.objects)
    assert statistics.num_left_out == len(recipe.left_out)
    assert statistics.largest_occluded_share == (0.5, 0.0)
    assert (statistics.num_leaves, statistics.num_returns) == (2, 1)
    assert statistics.mask_share == pytest.approx((4 + 3 + 4 + 4 + 8) / 64)
    assert not statistics.has_clone


def test_clones_are_seen(pool):
    for source_ids, has_clone in ((("coffee", "coffee"), True), (("coffee", "chelsea"), False)):
        seeds = (seed for seed in range(20) if len(recipe_of(pool, source_ids, seed).objects) == 2)
        recipe = recipe_of(pool, source_ids, next(seeds))
        sequence = render(recipe, pool.images, pool.saliency_maps, {"astronaut": pool.masks["astronaut"] * 0})
        assert sequence_statistics(recipe, sequence).has_clone is has_clone
