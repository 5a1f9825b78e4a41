import numpy as np
import pytest

from shls_core.synthesis import geometry
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.template import draw_template, template_labels, template_masks

STILL = {"augmentation_probability": 0.0, "zoom": (1.0, 1.0), "crop_jitter_px": 0.0}


def square_mask(height: int, width: int, top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[top : top + side, left : left + side] = 1
    return mask


def masks_of(mask: np.ndarray, config: SynthesisConfig, seed: int) -> np.ndarray:
    layer = draw_template("a", mask, config, np.random.default_rng(seed))
    return template_masks(layer, template_labels(layer, mask), config.frame_size)


@pytest.mark.parametrize("shape", [(100, 300), (300, 100), (40, 40), (500, 600)])
def test_the_resized_template_keeps_its_proportions_and_covers_the_frame(shape):
    config = SynthesisConfig(frame_size=64)
    layer = draw_template("a", np.ones(shape, dtype=np.uint8), config, np.random.default_rng(0))
    assert min(layer.size) == round(1.1 * 64)
    assert layer.size[1] / layer.size[0] == pytest.approx(shape[1] / shape[0], rel=0.02)


def test_the_first_frame_is_a_crop_by_whole_pixels_without_jitter():
    config = SynthesisConfig(frame_size=64)
    for seed in range(10):
        mask = square_mask(100, 200, 30, 150, 30)
        layer = draw_template("a", mask, config, np.random.default_rng(seed))
        first = np.array(layer.frames[0].matrix)
        np.testing.assert_array_equal(first[:, :2], np.eye(3)[:, :2])
        assert first[0, 2] == round(first[0, 2]) <= 0
        assert first[1, 2] == round(first[1, 2]) <= 0
        assert -first[0, 2] + 64 <= layer.size[1]
        assert -first[1, 2] + 64 <= layer.size[0]
        assert layer.frames[0].jitter is None
        assert all(frame.jitter is not None for frame in layer.frames[1:])


def test_the_crop_keeps_the_object_wherever_it_is():
    config = SynthesisConfig(frame_size=64, **STILL)
    for left in (0, 60, 170):
        mask = square_mask(100, 200, 70, left, 30)
        for seed in range(5):
            masks = masks_of(mask, config, seed)
            scale = 70 / 100
            assert np.count_nonzero(masks[0]) == pytest.approx((30 * scale) ** 2, rel=0.1)
            np.testing.assert_array_equal(masks[1], masks[0])


def test_of_objects_too_far_apart_the_largest_is_kept():
    mask = square_mask(100, 400, 30, 0, 20)
    mask[30:70, 340:380] = 2
    layer = draw_template("a", mask, SynthesisConfig(frame_size=64), np.random.default_rng(0))
    assert layer.labels == (2,)


def test_labels_are_ordered_by_area_and_limited():
    mask = np.zeros((100, 100), dtype=np.uint8)
    for label, side in ((1, 8), (2, 20), (3, 12), (4, 16)):
        mask[40 : 40 + side, 20 * label - 10 : 20 * label - 10 + side] = label
    config = SynthesisConfig(frame_size=64, template_side=1.0, **STILL)
    layer = draw_template("a", mask, config, np.random.default_rng(0))
    assert layer.labels == (2, 4, 3)
    masks = template_masks(layer, template_labels(layer, mask), 64)
    areas = np.bincount(masks[0].ravel())
    assert len(areas) == 4
    assert areas[1] > areas[2] > areas[3] > 0


def test_a_speck_in_the_first_frame_is_no_object():
    config = SynthesisConfig(frame_size=64, min_visible_share=0.01)
    layer = draw_template("a", square_mask(100, 100, 50, 50, 5), config, np.random.default_rng(0))
    assert layer.labels == ()
    assert not masks_of(square_mask(100, 100, 50, 50, 5), config, 0).any()


def test_later_frames_bring_the_object_back_but_for_the_jitter():
    no_jitter = SynthesisConfig(frame_size=64, num_frames=8, crop_jitter_px=0, translation_px=100)
    mask = square_mask(100, 100, 10, 10, 20)
    kept = [masks_of(mask, no_jitter, seed).any(axis=(1, 2)).all() for seed in range(10)]
    assert all(kept)
    layer = draw_template("a", mask, no_jitter, np.random.default_rng(0))
    corners = geometry.extent_corners((11.0, 11.0, 32.0, 32.0))  # the square, resized by 1.1 x 64 / 100
    for frame in layer.frames[1:]:
        moved = geometry.transform_points(np.array(frame.matrix), corners * 0.7)
        assert moved.min() > -4
        assert moved.max() < 68


def test_later_frames_turn_and_zoom_about_the_centre_of_the_first():
    config = SynthesisConfig(frame_size=64, num_frames=8, crop_jitter_px=0, translation_px=0)
    layer = draw_template("a", np.zeros((100, 200), dtype=np.uint8), config, np.random.default_rng(1))
    centre = np.array([[31.5, 31.5]]) - np.array(layer.frames[0].matrix)[:2, 2]
    for frame in layer.frames[1:]:
        moved = geometry.transform_points(np.array(frame.matrix), centre)
        np.testing.assert_allclose(moved, [[31.5, 31.5]], atol=1e-9)


def test_the_jitter_scales_with_the_frame():
    mask = square_mask(100, 100, 40, 40, 10)
    config = SynthesisConfig(frame_size=128, num_frames=64, **(STILL | {"crop_jitter_px": 20.0}))
    layer = draw_template("a", mask, config, np.random.default_rng(0))
    matrices = np.array([frame.matrix for frame in layer.frames])
    shifts = matrices[1:, :2, 2] - matrices[0, :2, 2]
    assert 8 < np.abs(shifts).max() <= 10
