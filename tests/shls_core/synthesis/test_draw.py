import numpy as np
import pytest

from shls_core.errors import InputError, SampleError
from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.recipe import Recipe

CONFIG = SynthesisConfig(frame_size=64)


def draw(pool, source_ids=("chelsea", "coffee"), config=CONFIG, seed=0, mask=None) -> Recipe:
    return draw_recipe(
        "sample",
        "astronaut",
        pool.masks["astronaut"] if mask is None else mask,
        source_ids,
        pool.saliency_maps,
        config,
        generator(seed, "recipe", "sample"),
    )[0]


def test_equal_generators_give_equal_recipes(pool):
    assert draw(pool).to_json() == draw(pool).to_json()
    assert draw(pool).to_json() != draw(pool, seed=1).to_json()


def test_the_longest_sequences_are_full_length(pool):
    recipe = draw(pool, config=SynthesisConfig(frame_size=64, num_frames=8))
    assert recipe.num_frames == 8
    assert recipe.objects
    assert all(len(pasted.frames) == 8 for pasted in recipe.objects)


def test_every_source_is_either_pasted_or_left_out(pool):
    for seed in range(20):
        recipe = draw(pool, seed=seed)
        told = [pasted.source_id for pasted in recipe.objects] + [one.source_id for one in recipe.left_out]
        assert sorted(told) == ["chelsea", "coffee"]
        assert recipe.num_objects <= 3


def test_a_full_sequence_takes_no_more(pool):
    recipe = draw(pool, config=SynthesisConfig(frame_size=64, max_objects=2))
    assert recipe.template.labels == (1, 2)
    assert {one.reason for one in recipe.left_out} == {"the sequence is full"}


def test_a_repeated_source_repeats_its_component(pool):
    empty = np.zeros_like(pool.masks["astronaut"])
    repeated = [draw(pool, ("coffee", "coffee"), seed=seed, mask=empty).objects for seed in range(10)]
    assert all(first.component == second.component for first, second in (o for o in repeated if len(o) == 2))
    assert sum(len(objects) == 2 for objects in repeated) >= 5
    apart = [draw(pool, ("coffee", "chelsea", "coffee"), seed=seed, mask=empty).objects for seed in range(10)]
    assert any(len(o) == 3 and o[0].component != o[2].component for o in apart)


def test_a_template_without_objects_takes_pasted_ones_alone(pool):
    recipe = draw(pool, mask=np.zeros_like(pool.masks["astronaut"]))
    assert recipe.template.labels == ()
    assert len(recipe.objects) >= 1


def test_a_first_frame_without_objects_is_a_rejected_sample(pool):
    with pytest.raises(SampleError, match="at least 1 objects in the first frame, got 0"):
        draw(pool, source_ids=(), mask=np.zeros_like(pool.masks["astronaut"]))
    with pytest.raises(SampleError, match="at least 3 objects"):
        draw(pool, source_ids=(), config=SynthesisConfig(min_objects=3))


def test_a_missing_saliency_map_is_named(pool):
    with pytest.raises(InputError, match=r"source horse.*sample sample"):
        draw(pool, source_ids=("horse",))
