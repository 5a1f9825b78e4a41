import numpy as np

from shls_core.propagation.snap import superpixel_means


def test_means_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    values = rng.random((9, 14), dtype=np.float32)
    superpixels = rng.integers(0, 7, (9, 14)).astype(np.uint16)
    expected = [values[superpixels == label].mean(dtype=float) for label in range(7)]
    np.testing.assert_allclose(superpixel_means(values, superpixels), expected)


def test_a_label_that_is_missing_has_nothing():
    assert superpixel_means(np.ones((1, 2), np.float32), np.uint16([[0, 2]])).tolist() == [1, 0, 1]
