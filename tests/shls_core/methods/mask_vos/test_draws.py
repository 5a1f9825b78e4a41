import numpy as np
import pytest

from shls_core.methods.mask_vos.config import MaskVosViewsConfig
from shls_core.methods.mask_vos.draws import chosen_targets, draw_step, draw_times
from shls_core.seeding import generator

VIEWS = MaskVosViewsConfig()


def test_references_are_neighbours_and_the_query_is_far_in_both_directions():
    times = [draw_times(generator(0, str(number)), VIEWS, 12) for number in range(300)]
    assert all(abs(second - first) == 1 and abs(last - first) >= 5 for first, second, last in times)
    assert all((second > first) == (last > first) for first, second, last in times)
    assert {time for drawn in times for time in drawn} == set(range(12))
    assert {abs(last - first) for first, _, last in times} == set(range(5, 12))
    assert 100 < sum(last > first for first, _, last in times) < 200


@pytest.mark.parametrize("num_frames", [3, 4, 5])
def test_short_clips_give_the_farthest_query_that_there_is(num_frames):
    for number in range(20):
        first, second, last = draw_times(generator(0, str(number)), VIEWS, num_frames)
        assert abs(last - first) == num_frames - 1
        assert abs(second - first) == 1


def test_frames_that_are_cut_out_keep_their_order(tiny):
    drawn = draw_step(generator(0, "a"), tiny, 3, 33, 33, is_cut=True)
    assert drawn.times == (0, 1, 2)
    assert not drawn.views.main.flipped
    assert sorted(drawn.labels) == list(range(256))


def test_a_switch_changes_no_other_draw(tiny):
    for update in ({"segmentation_weight": 0.0}, {"correspondence": "dul"}, {"targets": 1}):
        other = tiny.model_copy(update=update)
        assert draw_step(generator(1), other, 6, 40, 40) == draw_step(generator(1), tiny, 6, 40, 40)


def test_objects_are_segmented_that_are_large_enough_in_first_frame_and_query():
    masks = np.zeros((3, 20, 20), np.uint8)
    masks[:, :2, :2] = 5  # 4 of 400 px: 1 %
    masks[0, 5:10] = 2  # gone in the query
    masks[2, 10:15] = 3  # not there yet
    masks[:, 18:] = 9
    masks[:, 0, 19] = 6  # a speck
    assert chosen_targets(masks, tuple(range(256)), 4) == (5, 9)
    assert chosen_targets(masks, tuple(range(255, -1, -1)), 1) == (9,)
    assert chosen_targets(np.zeros_like(masks), tuple(range(256)), 2) == ()


def test_the_first_reference_lies_nearer_to_the_second_than_to_the_query():
    with pytest.raises(ValueError, match="expected a gap below long_gap, 2, got 2"):
        MaskVosViewsConfig(gap=2, long_gap=2)
