"""PBM, PGM and PPM in all their six kinds, with any largest value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shls_core.files.pictures.decode import decode_image

CORRUPT = "corrupt or truncated image: PBM, PGM, PPM"


@settings(max_examples=30, deadline=None)
@given(st.data(), st.sampled_from([1, 3, 15, 255, 256, 1023, 4095, 65535]), st.booleans(), st.booleans())
def test_values_are_scaled_by_the_largest(data, largest, is_plain, is_grey):
    shape = (3, 4) if is_grey else (3, 4, 3)
    values = data.draw(hnp.arrays(np.uint16, shape, elements=st.integers(0, largest)))
    kind = {(True, True): b"P2", (True, False): b"P3", (False, True): b"P5", (False, False): b"P6"}[
        is_plain, is_grey
    ]
    body = (
        " ".join(map(str, values.ravel())).encode()
        if is_plain
        else values.astype(">u2" if largest > 255 else "u1").tobytes()
    )
    pixels = decode_image(kind + b"\n# made by hand\n4 3\n" + str(largest).encode() + b"\n" + body, None)
    expected = np.rint(values * 255.0 / largest).reshape(3, 4, -1)
    np.testing.assert_array_equal(pixels, np.broadcast_to(expected, (3, 4, 3)))


@pytest.mark.parametrize("data", [b"P1 3 2 # bits\n1 0 1\n010", b"P1\n3 2\n101010", b"P4 3 2\n\xa0\x40"])
def test_in_bitmaps_1_is_black(data):
    assert decode_image(data, None)[..., 0].tolist() == [[0, 255, 0], [255, 0, 255]]


@pytest.mark.parametrize(
    "data",
    [
        b"P6 4 3 255\n" + bytes(35),
        b"P5 4 3 65535\n" + bytes(23),
        b"P2 2 2 255\n1 2 3",
        b"P2 2 2 255\n1 2 3 x",
        b"P2 2 2 255\n1 2 3 -4",
        b"P1 2 2\n1 0 2 0",
        b"P4 9 2\n" + bytes(3),
        b"P5 4 3 0\n" + bytes(12),
        b"P5 4 3 65536\n" + bytes(24),
        b"P5 4",
        b"P6 0 3 255\n",
    ],
)
def test_what_is_cut_or_wrong_is_corrupt(data, reason_for):
    assert reason_for(data).startswith("corrupt or truncated image: ")


def test_a_large_map_is_refused_unread(reason_for):
    assert reason_for(b"P6 60000 60000 255\n").startswith("too large: 60000x60000 px")
