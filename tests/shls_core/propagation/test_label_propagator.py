"""Videos whose features say exactly which place of a world a cell shows."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from shls_core.errors import InputError
from shls_core.propagation.dense_features import DenseFeatures
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_propagator import LabelPropagator

STRIDE, HEIGHT, WIDTH = 4, 32, 131


class PlaceFeatures:
    """Gives every place of a world, which red and green name, a vector of its own, of any length."""

    stride = STRIDE
    device = torch.device("cpu")

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self._vectors = torch.randn(256, 256, 64, generator=generator)

    def encode(self, frame):
        places = torch.from_numpy(frame[::STRIDE, ::STRIDE, :2].astype(np.int64))
        return self._vectors[places[..., 0], places[..., 1]].permute(2, 0, 1) * 3


def frame_at(shift_cells: int) -> np.ndarray:
    """The world from `shift_cells` cells further left: all in it moves right."""
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame[..., 0] = np.arange(HEIGHT)[:, None] // STRIDE
    frame[..., 1] = (np.arange(WIDTH) // STRIDE + 128 - shift_cells).astype(np.uint8)
    return frame


def mask_at(shift_cells: int, label: int = 5, left: int = 18) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:22, left + shift_cells * STRIDE : left + 20 + shift_cells * STRIDE] = label
    return mask


def propagator(divide=None, **changes) -> LabelPropagator:
    return LabelPropagator(PlaceFeatures(), LabelPropagationConfig(**changes), divide)


def assert_shown(found: np.ndarray, expected: np.ndarray, shift_cells: int) -> None:
    """Compare labels at the centres of cells that show what the first frame showed; others show news."""
    seen = np.s_[::STRIDE, shift_cells * STRIDE :: STRIDE]
    np.testing.assert_array_equal(found[seen], expected[seen])


def overlap(found: np.ndarray, expected: np.ndarray, label: int = 5) -> float:
    one, other = found == label, expected == label
    return float((one & other).sum() / (one | other).sum())


def started(method: LabelPropagator, mask: np.ndarray | None = None) -> LabelPropagator:
    method.start(method.prepare(frame_at(0)), mask_at(0) if mask is None else mask)
    return method


def test_place_features_are_dense_features():
    assert isinstance(PlaceFeatures(), DenseFeatures)


@pytest.mark.parametrize("given_mask", ["area", "bilinear"])
@pytest.mark.parametrize("speed", [0, 1, 2, 5])
def test_a_shift_moves_the_mask(speed, given_mask):
    method = started(propagator(given_mask=given_mask))
    for number in range(1, 5):
        found = method.step(method.prepare(frame_at(speed * number)))
        assert found.dtype == np.uint8
        assert found.shape == (HEIGHT, WIDTH)
        assert_shown(found, mask_at(speed * number), speed * number)


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("shift", [11, 12, 20])
def test_a_shift_beyond_the_window_is_followed_through_the_first_frame_alone(shift, everywhere):
    method = started(propagator(first_frame_unrestricted=everywhere))
    found = method.step(method.prepare(frame_at(shift)))
    if shift < 12 or everywhere:
        assert_shown(found, mask_at(shift), shift)
    else:
        assert overlap(found, mask_at(shift)) < 0.2


def test_what_left_the_frame_is_found_again():
    method = started(propagator(context=2))
    for _ in range(4):
        method.step(method.prepare(frame_at(60)))
    assert_shown(method.step(method.prepare(frame_at(3))), mask_at(3), 3)


def test_labels_are_whatever_occurs_and_permute():
    two = mask_at(0, 1) + mask_at(0, 2, left=60)
    results = []
    for labels in ([0, 1, 2], [0, 254, 7]):
        method = started(propagator(), np.array(labels, np.uint8)[two])
        results.append(method.step(method.prepare(frame_at(1))))
    assert np.array_equal(np.array([0, 254, 7], np.uint8)[results[0]], results[1])
    assert overlap(results[1], mask_at(1, 254), 254) > 0.75
    assert overlap(results[1], mask_at(1, 7, left=60), 7) > 0.75


@pytest.mark.parametrize("grid", ["strided", "corners"])
def test_a_still_video_keeps_its_mask_on_either_grid(grid):
    method = started(propagator(grid=grid))
    for _ in range(5):
        found = method.step(method.prepare(frame_at(0)))
    assert overlap(found, mask_at(0)) > 0.75


def test_the_next_frame_may_be_prepared_in_another_thread():
    method = started(propagator())
    expected = started(propagator()).step(method.prepare(frame_at(1)))
    with ThreadPoolExecutor(1) as other:
        prepared = other.submit(method.prepare, frame_at(1)).result()
    assert prepared.features.dtype == torch.float16
    np.testing.assert_array_equal(method.step(prepared), expected)


def with_newcomer(shift_cells: int) -> tuple[np.ndarray, np.ndarray]:
    """The world with something in it that the first frame did not show, and the mask of that."""
    frame, mask = frame_at(shift_cells), mask_at(shift_cells, 9, left=66)
    frame[mask > 0, 0] += 100
    return frame, mask


def test_a_new_object_is_followed_from_where_it_is_given_and_changes_nothing_else():
    stepped, method = started(propagator()), started(propagator())
    frame, given = with_newcomer(1)
    without = stepped.step(stepped.prepare(frame))
    there = method.introduce(method.prepare(frame), given)
    np.testing.assert_array_equal(there, np.where(given > 0, given, without))
    for shift in (2, 6, 14):
        frame, mask = with_newcomer(shift)
        assert_shown(method.step(method.prepare(frame)), mask_at(shift) + mask, shift)


def test_an_object_that_was_in_sight_before_it_was_given_is_followed():
    """The first frame shows it as background, and must not hold it for background for good."""
    method = started(propagator())
    given = mask_at(0, 9, left=66)
    method.introduce(method.prepare(frame_at(0)), given)
    for shift in (0, 1, 3):
        found = method.step(method.prepare(frame_at(shift)))
        assert overlap(found, mask_at(shift, 9, left=66), 9) > 0.75


def test_a_known_object_given_again_is_where_the_mask_says_and_nowhere_else():
    method = started(propagator())
    again = mask_at(0, 5, left=80)
    np.testing.assert_array_equal(method.introduce(method.prepare(frame_at(0)), again), again)
    # Both frames are references now; where they disagree they are believed alike, and background wins.
    found = method.step(method.prepare(frame_at(0)))
    assert set(np.unique(found)) <= {0, 5}


class Mirrored(PlaceFeatures):
    """Gives a place the vector of another one."""

    def encode(self, frame):
        return super().encode(frame).flip(0)


def test_earlier_frames_may_have_features_of_their_own():
    """Vectors whose channels are turned around match when both are turned around alike."""
    config = LabelPropagationConfig(reference_features="mirrored", context=1)
    alike = LabelPropagator(Mirrored(), config, None, Mirrored())
    expected = started(propagator(context=1)).step(propagator().prepare(frame_at(3)))
    np.testing.assert_array_equal(started(alike).step(alike.prepare(frame_at(3))), expected)
    apart = LabelPropagator(PlaceFeatures(), config, None, Mirrored())
    assert not np.array_equal(started(apart).step(apart.prepare(frame_at(3))), expected)


def test_features_that_do_not_fit_those_of_references_are_refused():
    class Fewer(PlaceFeatures):
        def encode(self, frame):
            return super().encode(frame)[:8]

    method = LabelPropagator(PlaceFeatures(), LabelPropagationConfig(), None, Fewer())
    with pytest.raises(InputError, match=r"got 8x33x64 and 8x33x8"):
        method.prepare(frame_at(0))


def test_inner_products_of_features_as_they_are_move_a_mask_within_their_square():
    changes = {"window": "square", "radius": 6, "neighbours": "all", "labels": "hard", "similarity": "dot"}
    changes |= {"temperature": 1, "references": (0, -1), "first_frame_unrestricted": False}
    method = started(propagator(given_mask="bilinear", **changes))
    assert method.prepare(frame_at(0)).features.dtype == torch.float32
    for number in range(1, 4):
        assert_shown(method.step(method.prepare(frame_at(2 * number))), mask_at(2 * number), 2 * number)


def test_videos_leave_no_trace():
    method = started(propagator(), mask_at(0, 3))
    method.step(method.prepare(frame_at(4)))
    expected = started(propagator()).step(method.prepare(frame_at(1)))
    np.testing.assert_array_equal(started(method).step(method.prepare(frame_at(1))), expected)


def columns_of(width: int) -> np.ndarray:
    places = np.broadcast_to(np.arange(WIDTH, dtype=np.uint16) // width, (HEIGHT, WIDTH))
    return np.ascontiguousarray(places)


def test_masks_snap_to_superpixels_that_are_stored_or_found():
    stored, halves = columns_of(7), columns_of(66)
    method = propagator(lambda frame: stored, snap="superpixels")
    plain, mask = propagator(), mask_at(0)
    mask[:] = mask.max(0)  # a bar from top to bottom
    masks = [started(m, mask).step(m.prepare(frame_at(0))) for m in (method, plain)]
    for label in range(stored.max() + 1):
        [snapped] = np.unique(masks[0][stored == label])
        share = (masks[1][stored == label] == 5).mean()
        assert snapped == (5 if share > 0.5 else 0) or 0.3 < share < 0.7
    assert (masks[0] == 5).any()
    prepared = method.prepare(frame_at(0), {"superpixel_maps": halves})
    assert not method.step(prepared).any()  # less than half of either half


def test_superpixels_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="expected superpixels"):
        propagator(snap="superpixels").prepare(frame_at(0))
    with pytest.raises(InputError, match=r"expected a superpixel map of shape \(32, 131\), got \(31, 131\)"):
        propagator(snap="superpixels").prepare(frame_at(0), {"superpixel_maps": columns_of(7)[1:]})


def test_what_cannot_be_propagated_is_refused():
    method = propagator()
    prepared, mask = method.prepare(frame_at(0)), mask_at(0)
    for use in (method.step, lambda frame: method.introduce(frame, mask)):
        with pytest.raises(InputError, match=r"expected start\(\)"):
            use(prepared)
    for use in (method.start, method.introduce):
        with pytest.raises(InputError, match=r"expected a mask of shape \(32, 131\), got \(32, 40\)"):
            use(prepared, mask[:, :40])
        with pytest.raises(InputError, match="at least one object"):
            use(prepared, np.zeros_like(mask))
        with pytest.raises(InputError, match="got 255"):
            use(prepared, np.full_like(mask, 255))
        method.start(prepared, mask)
    smaller = method.prepare(frame_at(0)[:30])
    for use in (method.step, lambda frame: method.introduce(frame, mask)):
        with pytest.raises(InputError, match=r"expected a frame of shape \(32, 131, 3\) as the first one"):
            use(smaller)
    with pytest.raises(InputError, match="got 255"):
        method.start(prepared, np.full_like(mask, 255))
    with pytest.raises(InputError, match=r"expected start\(\)"):  # nothing is left of the video before
        method.step(prepared)


def test_an_object_without_a_cell_is_refused_and_changes_nothing():
    thin = mask_at(0)
    thin[:, 1] = 8  # between two cells
    started(propagator(), thin)
    for changes in ({"given_mask": "bilinear"}, {"labels": "hard"}):
        method = propagator(**changes)
        with pytest.raises(InputError, match="grid of 33x8 cells, object 8 cannot"):
            started(method, thin)
        started(method)
        with pytest.raises(InputError, match="object 8 cannot"):
            method.introduce(method.prepare(frame_at(0)), thin)
        assert overlap(method.step(method.prepare(frame_at(1))), mask_at(1)) > 0.6
