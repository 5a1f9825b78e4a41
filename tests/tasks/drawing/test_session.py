"""What the page is shown, and what of it is kept."""

import dataclasses

import cv2
import numpy as np
import pytest

from shls_core.errors import InputError
from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from shls_core.files.videos.video import open_video
from tasks.drawing.mask_places import MaskPlaces
from tasks.drawing.session import DrawingSession, piece_levels


@pytest.fixture
def session(clip, tmp_path):
    return DrawingSession(open_video(clip), MaskPlaces(tmp_path / "first.png"), num_pieces=60)


def test_the_page_is_given_what_it_needs(session):
    facts = session.facts()
    assert (facts["width"], facts["height"], facts["num_frames"]) == (160, 120, 3)
    assert facts["levels"][facts["usual_level"]] == 60
    assert len(facts["palette"]) == 255
    assert facts["palette"][1] == [128, 0, 0]
    assert facts["saved"] == []


def test_a_frame_is_shown_in_its_colours(session, pixels):
    shown = cv2.imdecode(np.frombuffer(session.picture(1), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown.shape == (120, 160, 3)
    assert np.abs(shown[45:60, 40:60].astype(int) - pixels[1][45:60, 40:60]).mean() < 6


def test_finer_levels_have_more_pieces(session):
    numbers = [int(session.pieces(0, level).max()) + 1 for level in range(len(session.levels))]
    assert numbers == sorted(numbers)
    assert numbers[0] < 30 < numbers[-1]
    with pytest.raises(InputError, match="expected a level 0"):
        session.pieces(0, 99)


@pytest.mark.parametrize(
    ("wanted", "num_pixels", "levels", "usual"),
    [(1, 4800, (1, 2, 4, 8, 16), 0), (30_000, 10**7, (7500, 15_000, 30_000, 32_767), 2), (5, 6, (1,), 0)],
)
def test_levels_stay_between_one_piece_and_what_16_bits_number(wanted, num_pixels, levels, usual):
    assert piece_levels(wanted, num_pixels) == (levels, usual)


def test_a_mask_is_saved_as_it_came(session, tmp_path):
    mask = np.random.default_rng(0).integers(0, 255, (120, 160)).astype(np.uint8)
    session.save(0, mask.tobytes())
    np.testing.assert_array_equal(read_mask(tmp_path / "first.png"), mask)
    np.testing.assert_array_equal(session.mask(0), mask)
    assert not session.mask(1).any()


def test_a_damaged_frame_is_marked(session, monkeypatch):
    assert session.frame_facts(1) == {"is_damaged": False}
    damaged = dataclasses.replace(session.frames[1], is_damaged=True)
    monkeypatch.setitem(session.frames._kept, 1, damaged)
    assert session.frame_facts(1) == {"is_damaged": True}


@pytest.mark.parametrize(
    ("number", "labels", "said"),
    [
        (0, bytes(120 * 160 - 1), "expected a mask of 160x120, 19200 bytes, got 19199 bytes"),
        (0, bytes(120 * 160 + 1), "got 19201 bytes"),
        (0, b"\xff" * (120 * 160), r"expected object labels 1\.\.254, got 255"),
        (3, bytes(120 * 160), r"expected a frame 0\.\.2"),
    ],
)
def test_what_is_no_mask_of_the_frame_is_refused(session, tmp_path, number, labels, said):
    with pytest.raises(InputError, match=said):
        session.save(number, labels)
    assert not (tmp_path / "first.png").exists()


def test_the_most_salient_object_is_a_start(session):
    found = session.salient_object(0)
    assert found.mask[55, 45] == 1
    assert found.mask[80, 125] == 0


def test_a_mask_of_another_clip_is_refused_and_kept(clip, tmp_path):
    other = np.ones((50, 40), np.uint8)
    write_mask(tmp_path / "first.png", other)
    with pytest.raises(
        InputError, match=r"expected a mask of the clip's size, 160x120, got 40x50: .*first\.png"
    ):
        DrawingSession(open_video(clip), MaskPlaces(tmp_path / "first.png"))
    np.testing.assert_array_equal(read_mask(tmp_path / "first.png"), other)


def test_a_frame_that_the_clip_has_not_is_refused_at_once(clip, tmp_path):
    with pytest.raises(InputError, match=r"expected a frame 0\.\.2 of .*, got 7"):
        DrawingSession(open_video(clip), MaskPlaces(tmp_path / "first.png"), first_shown=7)
