"""Masks whose bytes are flipped, cut or spliced: labels or one line, twice the same, in bounded time."""

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shls_core.errors import MaskError
from shls_core.files.masks.given_mask import given_mask
from shls_core.files.masks.label_files import exact_labels
from shls_core.files.masks.soft_map import soft_map

KINDS = (
    *("voc palette", "voc gif", "voc bmp", "voc tiff", "void grey", "grey 2 bit", "rgb colours", "rgb webp"),
    *("cut-out", "soft colours", "jpeg", "lossy webp", "16 bit ids", "exif", "float tiff", "rgb ppm"),
)
MOST_SECONDS = 5


def read_by(read, data):
    """What a reader makes of a file: its bytes, or the line that it says."""
    try:
        found = read(data)
    except MaskError as error:
        return " ".join(error.reason.splitlines())
    labels = found if isinstance(found, np.ndarray) else found.labels
    assert labels.dtype == np.uint8
    assert labels.ndim == 2
    return labels.shape, labels.tobytes()


@st.composite
def damage(draw):
    """A kind of mask, and a function that damages its bytes."""
    kind, other = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KINDS))
    how = draw(st.sampled_from(["flip", "cut", "splice", "repeat"]))
    places = draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=6))
    bits = draw(st.lists(st.integers(1, 255), min_size=6, max_size=6))
    return kind, other, how, places, bits


def damaged(data, other, how, places, bits):
    if how == "flip":
        changed = bytearray(data)
        for place, bit in zip(places, bits, strict=False):
            # Half of the flips go to the header, where sizes and modes are.
            reach = min(len(data), 64) if bit % 2 else len(data)
            changed[int(place * reach)] ^= bit
        return bytes(changed)
    first, second = int(places[0] * len(data)), int(places[1] * len(other))
    return {
        "cut": data[:first],
        "splice": data[:first] + other[second:],
        "repeat": data[:first] + data[first // 2 :],
    }[how]


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damage())
def test_damage_is_labels_or_one_line_and_twice_the_same(mask_file, drawn):
    kind, other, how, places, bits = drawn
    data = damaged(mask_file(kind), mask_file(other), how, places, bits)
    for read in (given_mask, exact_labels, soft_map):
        started = time.process_time()
        first = read_by(read, data)
        assert time.process_time() - started < MOST_SECONDS
        assert read_by(read, data) == first


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_no_crash(data):
    for read in (given_mask, exact_labels, soft_map):
        read_by(read, data)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_are_read_the_same_twice(mask_file, kind):
    for read in (given_mask, exact_labels, soft_map):
        assert read_by(read, mask_file(kind)) == read_by(read, mask_file(kind))
