import numpy as np
import pytest

from shls_core.synthesis import geometry
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.layers import LayeredMasks
from shls_core.synthesis.pasting import component_mask, draw_object, silhouettes_of
from shls_core.synthesis.recipe import Component, LeftOut, PastedObject


def source_map(height: int = 60, width: int = 90) -> np.ndarray:
    saliency_map = np.zeros((height, width), dtype=np.uint8)
    saliency_map[20:40, 30:70] = 255
    return saliency_map


def empty_layers(config: SynthesisConfig) -> LayeredMasks:
    shape = (config.num_frames, config.frame_size, config.frame_size)
    return LayeredMasks(np.zeros(shape, dtype=np.uint8), num_objects=0)


def draw(config: SynthesisConfig, seed: int = 0, **changes) -> PastedObject | LeftOut:
    outcome = draw_with_shape(config, seed, **changes)
    return outcome if isinstance(outcome, LeftOut) else outcome[0]


def draw_with_shape(config: SynthesisConfig, seed: int = 0, **changes):
    arguments = {
        "source_id": "a",
        "saliency_map": source_map(),
        "clone_of": None,
        "layers": empty_layers(config),
        "config": config,
        "rng": np.random.default_rng(seed),
    }
    return draw_object(**(arguments | changes))


def test_the_shorter_side_is_drawn_in_the_proportions_of_the_component():
    config = SynthesisConfig(frame_size=128)
    sides = []
    for seed in range(60):
        pasted = draw(config, seed)
        assert isinstance(pasted, PastedObject)
        assert pasted.size[1] / pasted.size[0] == pytest.approx(2, rel=0.05)
        sides.append(pasted.size[0] / 128)
    assert 0.095 <= min(sides) < 0.15
    assert max(sides) == pytest.approx(0.5, abs=0.01)  # the longer side ends at the frame's


def test_without_changes_of_shape_every_box_has_the_drawn_size():
    config = SynthesisConfig(frame_size=128, augmentation_probability=0, corner_shift=0)
    pasted = draw(config)
    assert isinstance(pasted, PastedObject)
    assert [frame.size for frame in pasted.frames] == [pasted.size] * 3


def test_shapes_add_up_from_frame_to_frame():
    """Each step is a small change of the frame before, though the sum of many is not small."""
    config = SynthesisConfig(frame_size=128, num_frames=30)
    pasted = draw(config)
    assert isinstance(pasted, PastedObject)
    corners = geometry.extent_corners(geometry.pixel_extent(*pasted.size))
    quads = [geometry.transform_points(np.array(frame.matrix), corners) for frame in pasted.frames]
    areas = []
    for frame, quad in zip(pasted.frames, quads, strict=True):
        np.testing.assert_allclose(quad.min(axis=0), -0.5, atol=1e-9)
        np.testing.assert_allclose(quad.max(axis=0) + 0.5, frame.size[::-1], atol=0.51)
        following = np.roll(quad, -1, axis=0)
        areas.append(abs(np.sum(quad[:, 0] * following[:, 1] - quad[:, 1] * following[:, 0])) / 2)
    steps = np.diff(np.log(areas))
    assert np.abs(steps).max() < np.log(1.2**2 * 1.2**2 * 1.1)
    assert np.ptp(np.log(areas)) > np.abs(steps).max()


def test_silhouettes_are_the_moved_component():
    config = SynthesisConfig(frame_size=128)
    pasted = draw(config)
    assert isinstance(pasted, PastedObject)
    mask = component_mask(source_map(), pasted.component, pasted.size)
    assert mask.all()  # the component is a rectangle
    for frame, silhouette in zip(pasted.frames, silhouettes_of(pasted, mask), strict=True):
        assert silhouette.shape == frame.size
        rows, columns = np.nonzero(silhouette)
        assert len(rows) > 0.3 * silhouette.size
        # The box is tight around the rectangle's corners.
        assert rows.min() <= 2
        assert columns.min() <= 2
        assert rows.max() >= silhouette.shape[0] - 3
        assert columns.max() >= silhouette.shape[1] - 3


def test_an_accepted_object_fills_its_boxes():
    config = SynthesisConfig(frame_size=128)
    layers = empty_layers(config)
    pasted, shape = draw_with_shape(config, layers=layers)
    assert pasted.attempt == 1
    layers.paste(shape.silhouettes, [frame.box for frame in pasted.frames])
    assert layers.num_objects == 1
    top, left, bottom, right = pasted.frames[0].box
    inside = np.zeros_like(layers.masks[0])
    inside[top:bottom, left:right] = 1
    assert layers.masks[0].any()
    assert not (layers.masks[0] > inside).any()


def test_a_retry_changes_the_place_and_nothing_else():
    strict = SynthesisConfig(frame_size=128, placement_attempts=20)
    first = strict.model_copy(update={"min_kept_share": 0.0})
    moved = 0
    for seed in range(30):
        masks = np.zeros((3, 128, 128), dtype=np.uint8)
        masks[:, 30:100, 30:100] = 1
        tried, accepted = (
            draw(config, seed, layers=LayeredMasks(masks.copy(), num_objects=1)) for config in (first, strict)
        )
        if isinstance(accepted, LeftOut) or isinstance(tried, LeftOut) or accepted.attempt == tried.attempt:
            continue
        moved += 1
        assert accepted.component == tried.component
        assert accepted.size == tried.size
        for after, before in zip(accepted.frames, tried.frames, strict=True):
            assert after.matrix == before.matrix
            assert after.jitter == before.jitter
        assert [one.box for one in accepted.frames] != [one.box for one in tried.frames]
    assert moved >= 3


def test_an_object_that_finds_no_place_is_left_out():
    config = SynthesisConfig(frame_size=64, object_side=(1.0, 1.0), max_object_length=4.0, rotation_deg=0)
    masks = np.zeros((3, 64, 64), dtype=np.uint8)
    masks[:, 20:44, 20:44] = 1
    layers = LayeredMasks(masks.copy(), num_objects=1)
    outcome = draw(config, layers=layers)
    assert outcome == LeftOut(source_id="a", reason="hides an earlier object")
    np.testing.assert_array_equal(layers.masks, masks)


def test_a_source_without_a_component_is_left_out():
    outcome = draw(SynthesisConfig(frame_size=64), saliency_map=np.zeros((30, 30), dtype=np.uint8))
    assert outcome == LeftOut(source_id="a", reason="no component in the saliency map")


def test_a_clone_repeats_the_component():
    component = Component(level=100, box=(20, 30, 40, 70), seed=(20, 30))
    outcome = draw(SynthesisConfig(frame_size=64), clone_of=component)
    assert isinstance(outcome, PastedObject)
    assert outcome.component == component
