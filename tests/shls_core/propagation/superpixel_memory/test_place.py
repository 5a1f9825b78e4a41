import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shls_core.propagation.superpixel_memory.place import with_place


def random_superpixels(seed: int, count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    vectors = torch.from_numpy(rng.random((count, 5)))
    return torch.nn.functional.normalize(vectors, dim=1), torch.from_numpy(rng.random((count, 2)))


@settings(max_examples=40)
@given(seed=st.integers(0, 2**20), weight=st.floats(1e-3, 100.0))
def test_products_are_similarity_and_nearness_pair_by_pair(seed, weight):
    superfeatures, centres = random_superpixels(seed)
    found = with_place(superfeatures, centres, weight)
    for i in range(len(found)):
        for j in range(len(found)):
            row, column = (centres[i] - centres[j]).abs().tolist()
            nearness = (math.cos(math.pi / 2 * row) + math.cos(math.pi / 2 * column)) / 2
            expected = (float(superfeatures[i] @ superfeatures[j]) + weight * nearness) / (1 + weight)
            assert math.isclose(float(found[i] @ found[j]), expected, abs_tol=1e-9)
    assert (found >= 0).all()
    torch.testing.assert_close(found.norm(dim=1), torch.ones(len(found), dtype=found.dtype))


def test_no_weight_is_the_superfeatures_alone():
    superfeatures, centres = random_superpixels(0)
    assert with_place(superfeatures, centres, 0.0) is superfeatures
