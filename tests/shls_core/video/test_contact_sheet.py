"""Evenly spread pictures of a video of any length."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.video.contact_sheet import ContactSheet, write_picture


def values_kept(num_pictures, columns, rows):
    """Return which pictures a sheet keeps, read off the sheet."""
    sheet = ContactSheet(columns, rows, width_px=1)
    for number in range(num_pictures):
        sheet.add(np.full((1, 1, 3), number + 1, np.uint8))
    values = sheet.image()[..., 0].ravel()
    return [int(value) - 1 for value in values if value]


@given(st.integers(1, 250), st.integers(1, 4), st.integers(1, 3))
def test_pictures_are_evenly_spread_from_the_first_on(num_pictures, columns, rows):
    kept = values_kept(num_pictures, columns, rows)
    steps = set(np.diff(kept).tolist())
    assert kept[0] == 0
    assert len(kept) <= columns * rows
    assert len(steps) <= 1
    if columns * rows > 1 and num_pictures > 1:
        assert num_pictures - 1 - kept[-1] < max(steps, default=num_pictures)


def test_a_short_video_is_shown_whole():
    assert values_kept(5, columns=4, rows=3) == [0, 1, 2, 3, 4]


def test_pictures_keep_their_shape():
    sheet = ContactSheet(columns=2, rows=2, width_px=32)
    for _ in range(3):
        sheet.add(np.full((48, 64, 3), 7, np.uint8))
    image = sheet.image()
    assert image.shape == (48, 64, 3)
    assert (image[24:, 32:] == 0).all()


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(InputError, match="at least one picture"):
        ContactSheet().image()


def test_a_picture_is_written_as_it_is(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    write_picture(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], picture)
    with pytest.raises(InputError, match=r"expected to write .*nowhere"):
        write_picture(tmp_path / "nowhere" / "a.png", picture)
