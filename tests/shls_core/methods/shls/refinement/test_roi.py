import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shls_core.methods.shls.refinement.roi import object_boxes, region_of_interest, whole_frame
from shls_core.photographs.crops import Box

FRAME = (100, 203)
SPECK = Box(0, 0, 1, 1)


def test_boxes_of_objects():
    masks = torch.zeros(3, 6, 9, dtype=torch.bool)
    masks[0, 2, 3:5] = True
    masks[0, 4, 8] = True
    masks[2, 0, 0] = True
    assert object_boxes(masks) == [Box(2, 3, 5, 9), None, Box(0, 0, 1, 1)]


@given(st.integers(0, 2**20))
def test_boxes_equal_those_found_by_looking(seed):
    rng = np.random.default_rng(seed)
    masks = rng.random((2, 7, 5)) < rng.uniform(0, 0.3)
    for mask, box in zip(masks, object_boxes(torch.from_numpy(masks)), strict=True):
        rows, columns = np.nonzero(mask)
        assert box == (
            None if not len(rows) else (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        )


@pytest.mark.parametrize(
    ("box", "first", "margin", "expected"),
    [
        # Rows 40..60 grow by 3 px a side to 37..63, columns 40..80 by 6 px to 34..86; then multiples of 4.
        (Box(40, 40, 60, 80), SPECK, 0.15, Box(36, 32, 64, 88)),
        (Box(40, 40, 60, 80), SPECK, 0.25, Box(32, 28, 68, 92)),
        # Margins end at the frame, of 203 columns; the region is whole multiples of 4.
        (Box(0, 150, 90, 203), SPECK, 0.15, Box(0, 140, 100, 204)),
        # Never smaller than the first box: 70 rows about row 50, 20 columns about column 11.
        (Box(45, 5, 55, 17), Box(0, 0, 70, 20), 0.0, Box(12, 0, 88, 24)),
        # ... which stays within the frame.
        (Box(90, 0, 100, 11), Box(10, 10, 70, 40), 0.0, Box(40, 0, 100, 32)),
        # Below 5 % of the rows (5 px) the whole height; below 5 % of the columns (10.15 px) the whole width.
        (Box(40, 40, 44, 80), SPECK, 0.0, Box(0, 40, 100, 80)),
        (Box(40, 40, 60, 50), SPECK, 0.0, Box(40, 0, 60, 204)),
        (Box(40, 40, 45, 51), SPECK, 0.0, Box(40, 40, 48, 52)),
        (None, SPECK, 0.15, Box(0, 0, 100, 204)),
    ],
)
def test_regions_by_hand(box, first, margin, expected):
    assert region_of_interest(box, first, FRAME, margin, 0.05) == expected


spans = st.tuples(st.integers(0, 95), st.integers(1, 100)).map(lambda p: (p[0], min(p[0] + p[1], 96)))


@given(spans, spans, spans, spans, st.floats(0, 1))
def test_regions_hold_box_and_margin_and_are_as_large_as_the_first_box(
    rows, columns, first_r, first_c, margin
):
    box = Box(rows[0], columns[0], rows[1], columns[1])
    first = Box(first_r[0], first_c[0], first_r[1], first_c[1])
    region = region_of_interest(box, first, (96, 96), margin, 0.05)
    assert all(corner % 4 == 0 for corner in region)
    assert 0 <= region.top <= box.top < box.bottom <= region.bottom <= 96
    assert 0 <= region.left <= box.left < box.right <= region.right <= 96
    assert region.bottom - region.top >= first.bottom - first.top
    assert region.right - region.left >= first.right - first.left
    assert region.top <= max(0, box.top - margin * (box.bottom - box.top))


def test_whole_frame():
    assert whole_frame((480, 854)) == Box(0, 0, 480, 856)
