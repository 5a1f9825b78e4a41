import numpy as np
import skimage.color
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from shls_core.saliency.region_graph import neighbour_pairs, region_graph


def test_a_known_image():
    superpixels = np.zeros((4, 8), np.uint16)
    superpixels[:, 4:] = 1
    superpixels[1:3, 5:7] = 2
    image = np.zeros((4, 8, 3), np.uint8)
    image[superpixels == 1] = (255, 255, 255)
    image[superpixels == 2] = (200, 30, 30)

    graph = region_graph(image, superpixels)

    np.testing.assert_array_equal(graph.edges, [[0, 1], [1, 2]])
    np.testing.assert_array_equal(graph.on_border, [True, True, False])
    np.testing.assert_allclose(graph.centres, np.array([[1.5, 1.5], [1.5, 5.5], [1.5, 5.5]]) / 8)


def test_colour_distances_are_those_of_cie_lab():
    colours = np.random.default_rng(0).integers(0, 256, (1, 12, 3), dtype=np.uint8)
    superpixels = np.arange(12, dtype=np.uint16)[np.newaxis]

    graph = region_graph(colours, superpixels)

    exact = skimage.color.rgb2lab(colours)[0]
    differences = graph.colours - graph.colours[0]
    # Each channel of 8-bit Lab is rounded to whole units.
    np.testing.assert_allclose(differences, exact - exact[0], atol=1.1)


def test_colours_and_centres_are_means_over_pixels():
    rng = np.random.default_rng(1)
    superpixels = rng.integers(0, 5, (9, 7)).astype(np.uint16)
    image = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    single = region_graph(image, np.arange(63, dtype=np.uint16).reshape(9, 7))

    graph = region_graph(image, superpixels)

    for label in range(5):
        members = superpixels.ravel() == label
        np.testing.assert_allclose(graph.colours[label], single.colours[members].mean(axis=0))
        np.testing.assert_allclose(graph.centres[label], single.centres[members].mean(axis=0))


def naive_pairs(superpixels: np.ndarray) -> list[list[int]]:
    height, width = superpixels.shape
    pairs = set()
    for row in range(height):
        for column in range(width):
            for other_row, other_column in ((row + 1, column), (row, column + 1)):
                if other_row < height and other_column < width:
                    pair = {int(superpixels[row, column]), int(superpixels[other_row, other_column])}
                    if len(pair) == 2:
                        pairs.add(tuple(sorted(pair)))
    return [list(pair) for pair in sorted(pairs)]


@settings(max_examples=50)
@given(
    hnp.arrays(
        np.uint16,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements={"min_value": 0, "max_value": 9},
    )
)
def test_pairs_are_those_of_a_walk_over_the_pixels(superpixels):
    assert neighbour_pairs(superpixels).tolist() == naive_pairs(superpixels)


def test_pairs_of_the_largest_labels():
    assert neighbour_pairs(np.array([[65535, 65534, 0]], np.uint16)).tolist() == [[0, 65534], [65534, 65535]]
