import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.seeding import generator
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.draw import draw_recipe
from shls_core.synthesis.recipe import Recipe
from shls_core.synthesis.render import PseudoSequence, render

CONFIG = SynthesisConfig(frame_size=96, num_frames=4)
NO_COLOUR = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue_turns": 0.0}
BLUE, RED = (20, 30, 200), (210, 40, 10)


def draw(pool, seed: int, source_ids=("chelsea", "coffee"), config=CONFIG) -> Recipe:
    rng = generator(seed, "recipe")
    mask = pool.masks["astronaut"]
    return draw_recipe("sample", "astronaut", mask, source_ids, pool.saliency_maps, config, rng)[0]


def test_the_layout_of_the_drawing_is_the_one_of_the_recipe(pool):
    for seed in range(8):
        recipe, layout = draw_recipe(
            "sample",
            "astronaut",
            pool.masks["astronaut"],
            ("chelsea", "chelsea", "coffee"),
            pool.saliency_maps,
            CONFIG,
            generator(seed, "recipe"),
        )
        at_once = render(recipe, pool.images, pool.saliency_maps, pool.masks, layout)
        again = rendered(pool, recipe)
        assert np.array_equal(at_once.frames, again.frames)
        assert np.array_equal(at_once.masks, again.masks)
        assert np.array_equal(at_once.full_areas, again.full_areas)


def rendered(pool, recipe: Recipe) -> PseudoSequence:
    return render(recipe, pool.images, pool.saliency_maps, pool.masks)


def plain(colour: tuple[int, int, int], height: int = 80, width: int = 110) -> np.ndarray:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def test_a_recipe_renders_to_the_same_bytes_also_from_json(pool):
    recipe = draw(pool, 0)
    assert recipe.objects
    first, again = rendered(pool, recipe), rendered(pool, recipe)
    read = rendered(pool, Recipe.from_json(recipe.to_json()))
    for other in (again, read):
        assert first.frames.tobytes() == other.frames.tobytes()
        assert first.masks.tobytes() == other.masks.tobytes()
    assert first.frames.shape == (4, 96, 96, 3)


def test_the_rules_hold_in_every_sequence(pool):
    for seed in range(25):
        recipe = draw(pool, seed)
        sequence = rendered(pool, recipe)
        num_objects = recipe.num_objects
        # Labels of the first frame are 1..K without a gap, and no other comes later.
        assert set(np.unique(sequence.masks[0])) - {0} == set(range(1, num_objects + 1))
        assert sequence.masks.max() == num_objects
        visible = np.array(
            [[(mask == label + 1).sum() for label in range(num_objects)] for mask in sequence.masks]
        )
        in_frame = sequence.full_areas > 0
        assert np.all(visible[in_frame] > 0.5 * sequence.full_areas[in_frame])
        np.testing.assert_array_equal(visible[:, -1], sequence.full_areas[:, -1])


def test_the_first_frame_is_the_resized_template_outside_pasted_objects(pool):
    for seed in range(5):
        recipe = draw(pool, seed)
        sequence = rendered(pool, recipe)
        height, width = recipe.template.size
        resized = cv2.resize(pool.images["astronaut"], (width, height), interpolation=cv2.INTER_AREA)
        left, top = (-int(recipe.template.frames[0].matrix[row][2]) for row in (0, 1))
        crop = resized[top : top + 96, left : left + 96]
        untouched = sequence.masks[0] <= len(recipe.template.labels)
        np.testing.assert_array_equal(sequence.frames[0][untouched], crop[untouched])
        assert (sequence.frames[0] != crop).any()


def test_later_frames_differ_from_the_first(pool):
    sequence = rendered(pool, draw(pool, 0, source_ids=()))
    differences = np.abs(sequence.frames[1:].astype(int) - sequence.frames[0])
    assert differences.mean(axis=(1, 2, 3)).min() > 5


def test_a_pasted_mask_covers_exactly_the_pasted_pixels():
    """A red image pasted on a blue one: red is where the mask says."""
    config = SynthesisConfig(frame_size=96, num_frames=6, **NO_COLOUR)
    rows, columns = np.mgrid[:80, :110]
    ellipse = np.where(np.hypot((rows - 40) / 30, (columns - 50) / 20) < 1, 255, 0).astype(np.uint8)
    empty = np.zeros((80, 110), dtype=np.uint8)
    for seed in range(10):
        recipe, _ = draw_recipe("s", "blue", empty, ["red"], {"red": ellipse}, config, generator(seed, "red"))
        sequence = render(recipe, {"blue": plain(BLUE), "red": plain(RED)}, {"red": ellipse}, {"blue": empty})
        assert sequence.masks[0].any()
        np.testing.assert_array_equal(sequence.masks == 1, (sequence.frames == RED).all(axis=-1))
        np.testing.assert_array_equal(sequence.masks == 0, (sequence.frames == BLUE).all(axis=-1))


def looks_red(frame: np.ndarray) -> np.ndarray:
    return frame[..., 0] > (BLUE[0] + RED[0]) / 2


def test_the_template_mask_moves_with_the_template():
    """A red square in a blue image: the mask ends half-way between the colours."""
    # The template keeps its size, so that the square's edges stay sharp.
    config = SynthesisConfig(frame_size=96, num_frames=6, template_side=160 / 96, **NO_COLOUR)
    image, mask = plain(BLUE, 160, 220), np.zeros((160, 220), dtype=np.uint8)
    mask[40:110, 60:130] = 1
    image[mask == 1] = RED
    for seed in range(10):
        recipe, _ = draw_recipe("s", "a", mask, (), {}, config, generator(seed, "square"))
        sequence = render(recipe, {"a": image}, {}, {"a": mask})
        for frame, labels in zip(sequence.frames, sequence.masks, strict=True):
            border = labels != cv2.erode(labels, np.ones((3, 3), np.uint8))
            # Half a pixel of misalignment would give about 0.5.
            assert (looks_red(frame) != (labels == 1)).sum() < 0.05 * border.sum()
            # Where only a mirror image of the square could be, there is none.
            outside = cv2.dilate(labels, np.ones((5, 5), np.uint8)) == 0
            assert (frame[outside] == BLUE).all()


def test_what_the_template_does_not_cover_is_background_and_shows_no_object():
    """An object over most of an image that is turned and shrunk: its mirror image must not appear."""
    still = {"template_side": 1.0, "zoom": (0.5, 0.5), "crop_jitter_px": 0.0}
    config = SynthesisConfig(frame_size=96, num_frames=8, **still, **NO_COLOUR)
    image, mask = plain(BLUE, 96, 96), np.zeros((96, 96), dtype=np.uint8)
    mask[:, 10:] = 1
    image[mask == 1] = RED
    recipe, _ = draw_recipe("s", "a", mask, (), {}, config, generator(0, "mirror"))
    sequence = render(recipe, {"a": image}, {}, {"a": mask})
    for frame, labels in zip(sequence.frames[1:], sequence.masks[1:], strict=True):
        outside = cv2.dilate(labels, np.ones((5, 5), np.uint8)) == 0
        assert outside.mean() > 0.3
        assert not (looks_red(frame) & outside).any()


def test_colours_of_a_pasted_object_add_up_over_time():
    """Brightness alone: each frame multiplies the one before by its own factor."""
    only_brightness = NO_COLOUR | {"brightness": 0.2}
    config = SynthesisConfig(frame_size=96, num_frames=5, reach=0.0, reach_per_frame=0.0, **only_brightness)
    grey = plain((100, 100, 100))
    full, empty = np.full((80, 110), 255, dtype=np.uint8), np.zeros((80, 110), dtype=np.uint8)
    recipe, _ = draw_recipe("s", "b", empty, ["g"], {"g": full}, config, generator(4, "grey"))
    sequence = render(recipe, {"b": plain(BLUE), "g": grey}, {"g": full}, {"b": empty})
    expected = 100.0
    for frame, mask, pasted in zip(sequence.frames, sequence.masks, recipe.objects[0].frames, strict=True):
        expected *= pasted.jitter.brightness
        assert np.abs(frame[mask == 1] - min(expected, 255.0)).max() <= 1


def test_contrast_turns_about_the_object_alone():
    """A grey ellipse with white around it: the white in its box must not move the pivot."""
    only_contrast = NO_COLOUR | {"contrast": 0.2}
    config = SynthesisConfig(frame_size=96, **only_contrast)
    rows, columns = np.mgrid[:80, :110]
    distance = np.hypot((rows - 40) / 30, (columns - 50) / 20)
    image, empty = plain((255, 255, 255)), np.zeros((80, 110), dtype=np.uint8)
    image[distance < 1.15] = 100  # wider than the object, so that no white is interpolated into it
    ellipse = np.where(distance < 1, 255, 0).astype(np.uint8)
    recipe, _ = draw_recipe("s", "b", empty, ["g"], {"g": ellipse}, config, generator(0, "contrast"))
    sequence = render(recipe, {"b": plain(BLUE), "g": image}, {"g": ellipse}, {"b": empty})
    assert sequence.masks[0].any()
    assert np.abs(sequence.frames[sequence.masks == 1].astype(int) - 100).max() <= 1


def test_inputs_that_do_not_fit_are_named(pool):
    recipe = draw(pool, 0)
    with pytest.raises(InputError, match=r"pseudo-mask.*image astronaut, sample sample"):
        render(recipe, pool.images, pool.saliency_maps, {})
    with pytest.raises(InputError, match="saliency map"):
        render(recipe, pool.images, {}, pool.masks)
    wrong = {"astronaut": pool.masks["astronaut"][1:]}
    with pytest.raises(InputError, match=r"size \(170, 170\), got \(169, 170\)"):
        render(recipe, pool.images, pool.saliency_maps, wrong)
