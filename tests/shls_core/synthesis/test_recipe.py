import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.synthesis.recipe import (
    ColourJitter,
    Component,
    LeftOut,
    ObjectFrame,
    PastedObject,
    Recipe,
    TemplateFrame,
    TemplateLayer,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def recipe(numbers: list[float]) -> Recipe:
    a, b, c, d, e, f, g, h, i = numbers
    matrix = ((a, b, c), (d, e, f), (g, h, i))
    jitter = ColourJitter(
        brightness=a,
        contrast=b,
        saturation=c,
        hue_turns=d,
        order=("hue", "contrast", "brightness", "saturation"),
    )
    pasted = PastedObject(
        source_id="böat",
        component=Component(level=100, box=(1, 2, 3, 4), seed=(1, 3)),
        size=(30, 40),
        attempt=2,
        frames=(ObjectFrame(matrix=matrix, box=(-3, 0, 17, 24), jitter=jitter),),
    )
    template = TemplateLayer(
        image_id="t", size=(70, 105), labels=(3, 1), frames=(TemplateFrame(matrix=matrix, jitter=None),)
    )
    return Recipe(
        sample_id="t/0",
        frame_size=64,
        template=template,
        objects=(pasted, pasted),
        left_out=(LeftOut(source_id="x", reason="the sequence is full"),),
    )


@settings(max_examples=100)
@given(numbers=st.lists(FINITE, min_size=9, max_size=9))
def test_json_gives_the_same_bits_back(numbers):
    written = recipe(numbers)
    read = Recipe.from_json(written.to_json())
    assert read == written
    assert read.to_json() == written.to_json()
    floats = [number for row in read.objects[0].frames[0].matrix for number in row]
    assert [number.hex() for number in floats] == [number.hex() for number in numbers]


def test_what_a_recipe_says_of_itself():
    one = recipe([0.5] * 9)
    assert (one.num_frames, one.num_objects, one.source_ids) == (1, 4, ("böat",))
    assert one.objects[0].frames[0].size == (20, 24)


def test_other_text_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"expected a recipe, got .*JSON"):
        Recipe.from_json("{")
    content = json.loads(recipe([0.5] * 9).to_json())
    content["objects"][1]["component"]["level"] = 300
    with pytest.raises(InputError, match=r"objects\.1\.component\.level"):
        Recipe.from_json(json.dumps(content))
    content["objects"] = []
    content["unknown"] = 1
    with pytest.raises(InputError, match="unknown"):
        Recipe.from_json(json.dumps(content))
