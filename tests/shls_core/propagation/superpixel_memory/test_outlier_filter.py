import numpy as np

from shls_core.propagation.superpixel_memory.outlier_filter import filter_outliers


def blank(height=20, width=30):
    return np.zeros((height, width), dtype=np.uint8)


def test_parts_far_from_the_last_mask_become_background():
    last, mask = blank(), blank()
    last[5:10, 5:10] = 3
    mask[6:11, 6:11] = 3
    mask[15:18, 20:25] = 3
    expected = mask.copy()
    expected[15:18, 20:25] = 0
    np.testing.assert_array_equal(filter_outliers(mask, last), expected)


def test_a_component_must_overlap_more_than_a_twentieth_of_the_last_mask():
    last = blank()
    last[0:10, 0:10] = 1  # 100 px
    for overlap, remains in ((5, False), (6, True)):
        mask = blank()
        mask[2:4, 0:4] = 1  # 8 px: kept in any case
        mask[9, 10 - overlap : 20] = 1
        assert filter_outliers(mask, last)[9, 19] == (1 if remains else 0)


def test_what_lies_between_kept_parts_is_kept():
    last, mask = blank(), blank()
    last[2:5, 2:27] = 2
    mask[2:5, 2:8] = mask[2:5, 20:27] = 2
    mask[3, 13] = 2  # far too small, but within the hull of the others
    mask[15, 13] = 2
    filtered = filter_outliers(mask, last)
    assert filtered[3, 13] == 2
    assert filtered[15, 13] == 0


def test_objects_do_not_mind_each_other():
    last, mask = blank(), blank()
    last[0:5, 0:5], last[10:15, 20:25] = 1, 2
    mask[0:5, 0:5], mask[10:15, 20:25] = 2, 1  # they have changed places: nothing of either would remain
    np.testing.assert_array_equal(filter_outliers(mask, last), mask)


def test_an_object_that_was_away_may_come_back_anywhere():
    mask = blank()
    mask[3:6, 3:6] = mask[12:14, 20:22] = 4
    np.testing.assert_array_equal(filter_outliers(mask, blank()), mask)
