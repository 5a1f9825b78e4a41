"""Saliency by robust background detection: background is what is well connected to the image's border.

References
----------
.. [1] W. Zhu, S. Liang, Y. Wei, J. Sun, "Saliency optimization from robust background detection", CVPR 2014,
   doi:10.1109/CVPR.2014.360
"""

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8
from scipy.linalg import solve
from scipy.sparse import csr_array
from scipy.sparse.csgraph import floyd_warshall
from scipy.spatial.distance import cdist

from shls_core.files.pictures.sizes import shrink_to_side
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.region_graph import RegionGraph, region_graph
from shls_core.superpixels.superpixel_map import superpixel_map

# If the largest and smallest saliency differ by less, it is the noise of an image without contrast.
_LEAST_SPREAD = 1e-6


def rbd_saliency(image: UInt8[np.ndarray, "H W 3"], config: SaliencyConfig) -> UInt8[np.ndarray, "H W"]:
    """Estimate how salient each pixel of a photograph is.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        RGB, 0..255.
    config : SaliencyConfig
        Working size, superpixels and constants of the method.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        The saliency map: 0..1 as 0..255, 0 and 1 being the least and the most salient superpixel; all 0 for
        an image without contrast. It is rounded here, before any threshold, so that the last bits of a float
        have no effect. Equal images give equal maps as long as the linear algebra runs with the same number
        of threads.

    Raises
    ------
    MissingComponent
        If the package fast-slic is not installed.

    Examples
    --------
    >>> image = np.full((60, 80, 3), (40, 90, 40), np.uint8)
    >>> image[20:40, 30:50] = (200, 30, 30)
    >>> saliency = rbd_saliency(image, SaliencyConfig())
    >>> int(saliency[30, 40]), int(saliency[5, 5])
    (255, 0)
    """
    working_image = shrink_to_side(image, config.working_side_px)
    superpixels = superpixel_map(working_image, config.superpixels)
    saliency = _superpixel_saliency(region_graph(working_image, superpixels), config)
    saliency_map = np.rint(255.0 * _scaled(saliency)).astype(np.uint8)[superpixels]
    height, width = image.shape[:2]
    full_size: UInt8[np.ndarray, "H W"] = cv2.resize(
        saliency_map, (width, height), interpolation=cv2.INTER_LINEAR
    )
    return full_size


def boundary_connectivity(
    colour_distances: Float64[np.ndarray, "R R"],
    edges: Int64[np.ndarray, "E 2"],
    on_border: Bool[np.ndarray, " R"],
    colour_sigma: float,
) -> Float64[np.ndarray, " R"]:
    """Return how strongly the region around each superpixel is connected to the border ([1], section 3).

    The region of a superpixel is soft: the membership of a superpixel is the higher, the less colour changes
    on the best path to it. Boundary connectivity is the region's length along the border divided by the
    square root of its area: large for background, near 0 for objects. All superpixels on the border are
    linked, so that background that an object divides stays one region.
    """
    linked = np.outer(on_border, on_border)
    linked[edges[:, 0], edges[:, 1]] = True
    first, second = np.nonzero(np.triu(linked, k=1))
    # Sparse, because there an edge may have the distance 0.
    graph = csr_array((colour_distances[first, second], (first, second)), shape=linked.shape)
    # For a few hundred nodes, a quarter of them linked to each other, faster than one search per node.
    membership = _gaussian(floyd_warshall(graph, directed=False), colour_sigma)
    connectivity: Float64[np.ndarray, " R"] = membership[:, on_border].sum(axis=1) / np.sqrt(
        membership.sum(axis=1)
    )
    return connectivity


def background_probability(
    connectivity: Float64[np.ndarray, " R"], sigma: float
) -> Float64[np.ndarray, " R"]:
    """Return the probability, 0..1, that each superpixel is background ([1], section 4)."""
    return 1.0 - _gaussian(connectivity, sigma)


def background_weighted_contrast(
    colour_distances: Float64[np.ndarray, "R R"],
    centres: Float64[np.ndarray, "R 2"],
    background: Float64[np.ndarray, " R"],
    spatial_sigma: float,
) -> Float64[np.ndarray, " R"]:
    """Return how much each superpixel differs from background nearby, scaled to 0..1 ([1], section 4)."""
    nearness = _gaussian(cdist(centres, centres), spatial_sigma)
    return _scaled((colour_distances * nearness) @ background)


def optimised_saliency(
    colour_distances: Float64[np.ndarray, "R R"],
    edges: Int64[np.ndarray, "E 2"],
    background: Float64[np.ndarray, " R"],
    foreground: Float64[np.ndarray, " R"],
    config: SaliencyConfig,
) -> Float64[np.ndarray, " R"]:
    """Return the saliency that fits background, foreground and smoothness best ([1], section 5).

    It minimises the sum of ``background_weight * background * s**2 + foreground * (s - 1)**2`` over
    superpixels and ``(gaussian(colour distance) + smoothness) * (s_i - s_j)**2`` over edges, each counted
    once.
    """
    first, second = edges.T
    smoothness = np.zeros_like(colour_distances)
    smoothness[first, second] = (
        _gaussian(colour_distances[first, second], config.colour_sigma) + config.smoothness
    )
    smoothness += smoothness.T
    pull = config.background_weight * background + foreground
    normal_matrix = np.diag(smoothness.sum(axis=1) + pull) - smoothness
    saliency: Float64[np.ndarray, " R"] = solve(normal_matrix, foreground, assume_a="pos")
    return saliency


def _superpixel_saliency(graph: RegionGraph, config: SaliencyConfig) -> Float64[np.ndarray, " R"]:
    """Run the method on the superpixels of one image."""
    colour_distances = cdist(graph.colours, graph.colours)
    connectivity = boundary_connectivity(colour_distances, graph.edges, graph.on_border, config.colour_sigma)
    background = background_probability(connectivity, config.boundary_connectivity_sigma)
    contrast = background_weighted_contrast(colour_distances, graph.centres, background, config.spatial_sigma)
    return optimised_saliency(colour_distances, graph.edges, background, contrast, config)


def _gaussian(distances: Float64[np.ndarray, "*shape"], sigma: float) -> Float64[np.ndarray, "*shape"]:
    weights: Float64[np.ndarray, "*shape"] = np.exp(-np.square(distances) / (2.0 * sigma**2))
    return weights


def _scaled(values: Float64[np.ndarray, " R"]) -> Float64[np.ndarray, " R"]:
    """Stretch values to 0..1; all 0 if there is no contrast to stretch."""
    least, most = values.min(), values.max()
    if most - least < _LEAST_SPREAD:
        return np.zeros_like(values)
    scaled: Float64[np.ndarray, " R"] = (values - least) / (most - least)
    return scaled
