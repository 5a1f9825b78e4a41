"""Exact warps of pseudo-sequences, against the pixels that they moved."""

import numpy as np
import pytest

from shls_core.errors import SampleError
from shls_core.methods.shls.features.matches import matches
from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.layer_warps import decode_warps, encode_warps, layer_warps
from shls_core.synthesis.render import render

CONFIG = SynthesisConfig(
    frame_size=128, num_frames=3, single_object_share=0.0, brightness=0, contrast=0, saturation=0, hue_turns=0
)


def ramp(height: int, width: int, blue: int) -> np.ndarray:
    """A picture whose colours are the places of its pixels."""
    columns, rows = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([columns, rows, np.full_like(rows, blue)], axis=2).round().astype(np.uint8)


@pytest.fixture(params=range(4))
def sequence(request):
    images = {"a": ramp(150, 190, 0), "b": ramp(160, 140, 200)}
    maps = {name: np.zeros(image.shape[:2], np.uint8) for name, image in images.items()}
    maps["a"][40:90, 60:120] = 255
    maps["b"][30:120, 20:110] = 255
    masks = {name: (one > 0).astype(np.uint8) for name, one in maps.items()}
    recipe, layout = draw_recipe(
        "sample", "a", masks["a"], ["b", "b"], maps, CONFIG, generator(request.param, "recipe")
    )
    return recipe, render(recipe, images, maps, masks, layout)


def test_what_warps_join_has_one_colour(sequence):
    recipe, rendered = sequence
    warps = layer_warps(recipe)
    assert warps.shape == (3, recipe.num_objects + 1, 3, 3)
    points = generator(0, "points").random((400, 2)) * 127
    joined = 0
    for first, second in ((0, 1), (0, 2), (1, 2), (2, 0)):
        pair = matches(rendered.masks, warps, first, second, points)
        here, there = (
            rendered.frames[number][tuple(np.rint(side).astype(int).T[::-1])].astype(int)
            for number, side in ((first, pair.here), (second, pair.there))
        )
        joined += len(here)
        # Places are rounded to pixels on both sides; colours change by two grey levels from one to the next.
        assert np.mean(np.abs(here - there).max(axis=1) <= 6) > 0.97
    assert joined > 400


def test_warps_are_read_back_to_the_bit(sequence):
    warps = layer_warps(sequence[0])
    assert np.array_equal(decode_warps(encode_warps(warps)), warps)


@pytest.mark.parametrize("data", [[], [b""], [b"1234"], [b"\0" * 72, b"\0" * 144]])
def test_other_bytes_are_no_warps(data):
    with pytest.raises(SampleError, match="expected a 3x3 matrix for every label of every frame"):
        decode_warps(data)
