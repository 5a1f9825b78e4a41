import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shls_core.propagation.superpixel_memory.inside import inside_own_class


def naive(winners: list[int], superpixels: np.ndarray) -> list[bool]:
    height, width = superpixels.shape
    is_inside = [True] * len(winners)
    for row in range(height):
        for column in range(width):
            for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= r < height and 0 <= c < width:
                    here, there = superpixels[row, column], superpixels[r, c]
                    is_inside[here] &= winners[here] == winners[there]
    return is_inside


@settings(max_examples=60)
@given(
    superpixels=arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 5)),
    winners=st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_equals_a_loop_over_pixels(superpixels, winners):
    found = inside_own_class(torch.tensor(winners), torch.from_numpy(superpixels))
    assert found.tolist() == naive(winners, superpixels)
