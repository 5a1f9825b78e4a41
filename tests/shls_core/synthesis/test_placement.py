import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.layers import LayeredMasks
from shls_core.synthesis.placement import draw_boxes, refusal

CONFIG = SynthesisConfig(frame_size=100, num_frames=4, min_visible_share=0.001)


@settings(max_examples=60)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 150), st.integers(1, 150)), min_size=4, max_size=12),
    seed=st.integers(0, 1000),
)
def test_boxes_lie_in_the_grown_box_before_or_cover_it(sizes, seed):
    boxes = draw_boxes(sizes, CONFIG, np.random.default_rng(seed))
    around = (0, 0, 100, 100)
    for time, (box, size) in enumerate(zip(boxes, sizes, strict=True)):
        if time > 0:
            margin = round(min(1.0, 0.2 + 0.1 * time) * 100 / 2)
            before = boxes[time - 1]
            around = (before[0] - margin, before[1] - margin, before[2] + margin, before[3] + margin)
        assert (box[2] - box[0], box[3] - box[1]) == size
        for low, high in ((0, 2), (1, 3)):
            inside = around[low] <= box[low] and box[high] <= around[high]
            covering = box[low] <= around[low] and around[high] <= box[high]
            assert inside or covering


def test_objects_start_anywhere_and_can_leave():
    drawn = [draw_boxes([(20, 20)] * 8, CONFIG, np.random.default_rng(seed)) for seed in range(300)]
    tops = [boxes[0][0] for boxes in drawn]
    assert min(tops) < 5
    assert max(tops) > 75
    gone = [any(min(box[2:]) <= 0 or max(box[:2]) >= 100 for box in boxes) for boxes in drawn]
    assert 0 < np.mean(gone) < 1


def layers_of_one_object() -> LayeredMasks:
    """Object 1 is a 10x10 square in frames 0 and 1, and not in frame 2."""
    masks = np.zeros((3, 100, 100), dtype=np.uint8)
    masks[:2, 20:30, 20:30] = 1
    return LayeredMasks(masks, num_objects=1)


@pytest.mark.parametrize("time", [0, 1])
@pytest.mark.parametrize(("hidden_columns", "expected"), [(4, None), (5, "hides an earlier object")])
def test_every_object_keeps_more_than_half_in_every_frame(time, hidden_columns, expected):
    silhouettes = [np.ones((10, 10), dtype=np.uint8)] * 3
    boxes = [(60, 60, 70, 70)] * 3
    boxes[time] = (20, 10 + hidden_columns, 30, 20 + hidden_columns)
    assert refusal(layers_of_one_object(), silhouettes, boxes, CONFIG) == expected


def test_what_several_objects_hide_adds_up():
    layers = layers_of_one_object()
    narrow = [np.ones((10, 3), dtype=np.uint8)] * 3
    away, elsewhere = [(60, 60, 70, 63)] * 2, [(80, 60, 90, 63)] * 2
    layers.paste(narrow, [(20, 20, 30, 23), *away])
    assert refusal(layers, narrow, [(20, 28, 30, 31), *elsewhere], CONFIG) == "hides an earlier object"
    assert refusal(layers, narrow, [(20, 29, 30, 32), *elsewhere], CONFIG) is None
    # On top of the first paste: object 1 loses nothing more, the pasted one everything.
    assert refusal(layers, narrow, [(20, 20, 30, 23), *elsewhere], CONFIG) == "hides an earlier object"


def test_an_object_out_of_the_frame_has_nothing_to_lose():
    silhouettes = [np.ones((10, 10), dtype=np.uint8)] * 3
    boxes = [(60, 60, 70, 70), (60, 60, 70, 70), (20, 20, 30, 30)]
    assert refusal(layers_of_one_object(), silhouettes, boxes, CONFIG) is None


@pytest.mark.parametrize(("column", "expected"), [(98, None), (99, "not visible in the first frame")])
def test_an_object_has_to_be_seen_in_the_first_frame(column, expected):
    silhouettes = [np.ones((9, 9), dtype=np.uint8)] * 3  # at least 10 of 10,000 pixels are asked for
    boxes = [(0, column, 9, column + 9), (0, 50, 9, 59), (0, 50, 9, 59)]
    assert refusal(layers_of_one_object(), silhouettes, boxes, CONFIG) == expected
