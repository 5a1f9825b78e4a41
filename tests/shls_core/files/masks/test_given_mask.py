"""Masks as tools export them: the objects as they were drawn, or a line that says what was seen."""

import io

import numpy as np
import pytest
from PIL import Image

from shls_core.errors import MaskError
from shls_core.files.masks.given_mask import given_mask
from shls_core.files.masks.mask_reading import described


def labels_of(reading):
    return [one.label for one in reading.objects]


@pytest.mark.parametrize(
    ("kind", "naming"),
    [
        *((kind, "single") for kind in ("binary", "grey 4 bit, white", "white first", "adaptive", "exif")),
        *((kind, "single") for kind in ("rgb white", "rgba white", "cut-out", "cut-out, webp")),
        *((kind, "single") for kind in ("grey and alpha", "16 bit white", "tiff", "jpeg", "jpeg, half")),
        *((kind, "single") for kind in ("png from jpeg", "lossy webp", "jpeg, red", "cut-out, black")),
        *((kind, "labels") for kind in ("ones", "bilevel")),
    ],
)
def test_one_object(mask_file, square, kind, naming):
    reading = given_mask(mask_file(kind))
    assert (reading.naming, labels_of(reading)) == (naming, [1])
    np.testing.assert_array_equal(reading.labels, square)
    assert reading.objects[0].share == pytest.approx(square.mean())


@pytest.mark.parametrize(
    "kind",
    [
        *("grey labels", "grey 2 bit", "grey 4 bit", "voc palette", "voc gif", "voc bmp", "voc tiff"),
        *("black palette", "own palette", "no black", "transparent index", "rgb voc", "16 bit", "float tiff"),
        *("void palette", "void grey"),
    ],
)
def test_labels_are_kept(mask_file, two, kind):
    reading = given_mask(mask_file(kind))
    assert reading.naming == "labels"
    np.testing.assert_array_equal(reading.labels, two)


def test_colours_of_voc_at_other_indices_are_labels_of_their_colours(mask_file, two):
    np.testing.assert_array_equal(given_mask(mask_file("permuted voc")).labels, two)


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [  # ascending: #1edc1e, the right half, before #dc1e1e
        *((kind, 2, 1) for kind in ("colours first", "rgb colours", "rgb ppm", "rgb webp", "flat cut-out")),
        ("16 bit ids", 1, 2),
    ],
)
def test_what_is_no_label_is_numbered_by_value(mask_file, two, kind, first, second):
    reading = given_mask(mask_file(kind))
    assert reading.naming == "numbered"
    np.testing.assert_array_equal(reading.labels, np.array([0, first, second], np.uint8)[two])
    assert "numbered" in " ".join(reading.notes)


def test_a_numbering_for_several_masks_is_kept(mask_file, two):
    reading = given_mask(mask_file("rgb colours"), {0xDC1E1E: 7, 0x1EDC1E: 3, 0xFFFFFF: 1})
    np.testing.assert_array_equal(reading.labels, np.array([0, 7, 3], np.uint8)[two])
    assert labels_of(reading) == [3, 7]


def test_grey_of_2_bits_has_three_labels(mask_file):
    assert labels_of(given_mask(mask_file("grey 2 bit, three"))) == [1, 2, 3]


def test_labels_need_not_be_consecutive(mask_file):
    assert labels_of(given_mask(mask_file("ids 1, 5, 200"))) == [1, 5, 200]


def test_a_palette_of_white_on_black_by_any_tool_shows_the_square(mask_file, square):
    np.testing.assert_array_equal(given_mask(mask_file("web palette")).labels > 0, square > 0)


def soft_truth(values):
    return np.asarray(Image.fromarray(values).rotate(7, Image.Resampling.BICUBIC, center=(40, 45)))


@pytest.mark.parametrize("kind", ["soft", "soft half", "soft few levels", "soft red"])
def test_soft_edges_of_one_object_are_cut_at_half_and_said_to_be(mask_file, square, kind):
    reading = given_mask(mask_file(kind))
    assert labels_of(reading) == [1]
    truth = soft_truth(square * np.uint8(255)) > 127
    assert (reading.labels > 0)[truth].mean() > 0.98
    assert (reading.labels > 0)[~truth].mean() < 0.002
    assert "soft edges cut at half: " in reading.notes[-2 if kind == "soft red" else -1]


def test_soft_opacity_is_cut_at_half_and_said_to_be(mask_file, square):
    reading = given_mask(mask_file("cut-out, soft"))
    assert labels_of(reading) == [1]
    assert ((reading.labels > 0) != (square > 0)).sum() < 100
    assert reading.notes[0].startswith("soft opacity cut at half: ")


@pytest.mark.parametrize(("kind", "order"), [("soft colours", [0, 2, 1]), ("soft shades", [0, 120, 250])])
def test_soft_edges_between_objects_go_to_the_nearest_colour_that_touches_them(mask_file, two, kind, order):
    reading = given_mask(mask_file(kind))
    wanted = np.array(order, np.uint8)[
        np.asarray(Image.fromarray(two).rotate(7, Image.Resampling.NEAREST, center=(40, 45)))
    ]
    assert sorted(labels_of(reading)) == sorted(order[1:])
    for label in order[1:]:
        found, truth = reading.labels == label, wanted == label
        assert (found & truth).sum() / (found | truth).sum() > 0.93
    assert any(note.startswith("soft edges cut at the nearest ") for note in reading.notes)


def test_void_is_background_and_said_to_be(mask_file):
    line = described("first.png", *seen(given_mask(mask_file("void palette"))))
    assert line == (
        "first.png: 2 objects: 1 (index 1, #800000, 3.1 %), 2 (index 2, #008000, 3.1 %); background 93.8 %; "
        "255 (void, 0.5 %) is taken as background"
    )


def seen(reading):
    return reading.objects, reading.notes


def test_a_background_that_is_not_black_is_said(mask_file):
    [note] = given_mask(mask_file("no black")).notes
    assert note == "background: index 0, #440154, as no pixel is black"


def test_background_only_has_no_object(mask_file):
    assert given_mask(mask_file("black")).objects == ()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("inverted", r"got white on 93\.8 % of the frame and in its four corners, .* invert it"),
        ("soft inverted", "in its four corners"),
        ("all white", "got white everywhere"),
        ("no background", r"got no pixel of 0 but grey 1 \(93\.8 %\), grey 2 \(6\.2 %\)"),
        ("white ground", r"got no black or transparent pixel but #3c3c3c \(93\.8 %\), .*white \(3\.1 %\)"),
        ("rgb on white", r"got no black or transparent pixel but white .*: paint black what is no object"),
        ("black and red cut-out", "got 2 flat colours, black among them"),
        ("jpeg, two", "one bright object on black in a mask as JPEG, which changes values"),
        ("jpeg labels", "cannot hold labels"),
        ("shades", "got grey 127 and 255, which is void beside labels and an object beside shades"),
        ("photograph", "as a photograph"),
        ("grey photograph", r"grey levels that mostly fill no areas|no pixel of 0"),
        ("several pages", "got a file of several"),
        ("rgb 16 bit", "expected 8 bits a channel in a mask of colours, got 16"),
        ("cmyk", "got CMYK"),
        ("fractions", "expected whole numbers as labels"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_what_was_seen(mask_file, kind, told):
    with pytest.raises(MaskError, match=told) as raised:
        given_mask(mask_file(kind))
    assert "\n" not in raised.value.reason


def test_small_and_thin_objects_beside_large_ones_are_objects(two):
    labels = two.copy()
    labels[10:12, 100:102] = 3  # 2x2 px
    labels[29, 20:60] = 4  # a line of 1 px along both
    data = io.BytesIO()
    Image.fromarray(labels).save(data, "PNG")
    np.testing.assert_array_equal(given_mask(data.getvalue()).labels, labels)


def test_many_labels_are_labels():
    labels = np.kron(np.arange(100, dtype=np.uint8).reshape(10, 10), np.ones((12, 16), np.uint8))
    data = io.BytesIO()
    Image.fromarray(labels).save(data, "PNG")
    np.testing.assert_array_equal(given_mask(data.getvalue()).labels, labels)


def test_the_same_mask_in_every_mode_shows_the_same(mask_file):
    shown = [given_mask(mask_file(kind)).labels > 0 for kind in ("binary", "rgb voc", "cut-out", "exif")]
    for other in shown[1:]:
        np.testing.assert_array_equal(shown[0], other)
