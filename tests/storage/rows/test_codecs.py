import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from storage.rows.codecs import decode_map, encode_map

MAPS = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda label: arrays(label, array_shapes(min_dims=2, max_dims=2, max_side=12))
)


@settings(max_examples=60)
@given(MAPS)
def test_maps_come_back(labels):
    decoded = decode_map(encode_map(labels), *labels.shape, labels.dtype.type)
    assert decoded.dtype == labels.dtype
    assert np.array_equal(decoded, labels)


def test_memory_layout_changes_no_byte():
    labels = np.arange(600, dtype=np.uint16).reshape(20, 30)
    spelled = encode_map(labels)
    assert encode_map(np.asfortranarray(labels)) == spelled
    assert encode_map(labels.astype(">u2")) == spelled
    assert encode_map(np.repeat(labels, 2, axis=1)[:, ::2]) == spelled


def test_values_are_little_endian_row_by_row_in_one_zstd_frame():
    labels = np.array([[1, 2, 3], [256, 0, 65535]], dtype=np.uint16)
    raw = bytes([1, 0, 2, 0, 3, 0, 0, 1, 0, 0, 255, 255])
    assert pa.Codec("zstd").decompress(encode_map(labels), decompressed_size=12).to_pybytes() == raw


def test_a_map_of_superpixels_takes_far_fewer_bytes_than_its_labels():
    labels = (np.arange(300)[:, None] // 20 * 20 + np.arange(400) // 20).astype(np.uint16)
    assert len(encode_map(labels)) < labels.nbytes / 50


@pytest.mark.parametrize(("height", "width"), [(4, 5), (2, 5)])
def test_another_size_than_the_encoded_one_is_refused(height, width):
    with pytest.raises((OSError, ValueError)):
        decode_map(encode_map(np.ones((3, 5), np.uint8)), height, width, np.uint8)
