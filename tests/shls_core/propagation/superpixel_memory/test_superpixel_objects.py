import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.errors import InputError
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask, superpixel_labels


def random_maps(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 12))
    superpixels = rng.integers(0, count, size=(9, 7)).astype(np.uint16)
    superpixels.flat[:count] = np.arange(count)
    return superpixels, rng.integers(0, 4, size=(9, 7)).astype(np.uint8), count


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_most_overlapping_object_by_counting(seed):
    superpixels, mask, count = random_maps(seed)
    for superpixel, label in enumerate(superpixel_labels(superpixels, mask, count)):
        overlaps = [int(((superpixels == superpixel) & (mask == k)).sum()) for k in range(4)]
        assert label == overlaps.index(max(overlaps))


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_split_refines_the_superpixels_and_the_mask_and_nothing_more(seed):
    superpixels, mask, _ = random_maps(seed)
    split, labels = split_along_mask(superpixels, mask)
    assert np.array_equal(labels[split], mask)
    pairs = set(zip(superpixels.ravel().tolist(), mask.ravel().tolist(), strict=True))
    triples = set(
        zip(superpixels.ravel().tolist(), mask.ravel().tolist(), split.ravel().tolist(), strict=True)
    )
    assert len(triples) == len(pairs) == len(labels) == split.max() + 1


def test_split_counts_beyond_16_bits():
    superpixels = np.arange(300 * 220, dtype=np.int64).reshape(300, 220) // 2
    superpixels[0, 0] = 0
    mask = (np.arange(220) % 2).astype(np.uint8)[None].repeat(300, axis=0)
    split, _ = split_along_mask(superpixels, mask)
    assert split.max() == 300 * 220 - 1


def test_more_labels_than_announced_are_refused():
    superpixels = np.array([[0, 1, 2]], dtype=np.uint16)
    with pytest.raises(InputError, match=r"expected superpixel labels 0\.\.1, got 2"):
        superpixel_labels(superpixels, np.zeros((1, 3), dtype=np.uint8), 2)
