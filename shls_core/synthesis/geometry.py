"""Plane transforms as 3x3 matrices, and how they are drawn.

Matrices act on homogeneous points ``(x, y, 1)``, x being the column, y the row, pixel centres at
integers. All arithmetic is float64 and written out (no BLAS or LAPACK, whose last bits depend on the
processor), because recipes are hashed.
"""

import math

import numpy as np
from jaxtyping import Float64

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.recipe import MatrixRows

Matrix = Float64[np.ndarray, "3 3"]
Points = Float64[np.ndarray, "P 2"]
Extent = tuple[float, float, float, float]
"""An axis-aligned rectangle (x low, y low, x high, y high)."""

SHAPE_STEPS = ("rotation", "shear", "scale")
MOTION_STEPS = (*SHAPE_STEPS, "translation")


def compose(*steps: Matrix) -> Matrix:
    """Return the transform that applies `steps` from the first to the last."""
    combined = np.eye(3)
    for step in steps:
        combined = np.einsum("ij,jk->ik", step, combined)
    return combined


def translation(dx: float, dy: float) -> Matrix:
    """Return the shift by `dx` columns and `dy` rows."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def scaling(factor_x: float, factor_y: float) -> Matrix:
    """Return the scaling of x and y about the origin."""
    return np.array([[factor_x, 0.0, 0.0], [0.0, factor_y, 0.0], [0.0, 0.0, 1.0]])


def rotation(angle_deg: float) -> Matrix:
    """Return the rotation about the origin that takes the x axis towards the y axis."""
    cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def shear(angle_deg: float) -> Matrix:
    """Return the shear that tilts columns by an angle and leaves rows where they are."""
    return np.array([[1.0, math.tan(math.radians(angle_deg)), 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def about(centre: tuple[float, float], transform: Matrix) -> Matrix:
    """Return `transform` with its origin moved to `centre` (x, y)."""
    x, y = centre
    return compose(translation(-x, -y), transform, translation(x, y))


def square_to_quadrilateral(corners: Float64[np.ndarray, "4 2"]) -> Matrix:
    """Return the homography that takes the unit square to a convex quadrilateral.

    Parameters
    ----------
    corners : Float64[np.ndarray, "4 2"]
        Images (x, y) of (0, 0), (1, 0), (1, 1), (0, 1).

    Returns
    -------
    Float64[np.ndarray, "3 3"]
        The homography, its last entry 1.

    References
    ----------
    Heckbert, "Fundamentals of Texture Mapping and Image Warping", UCB/CSD-89-516, 1989, section 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners.tolist()
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sum_x, sum_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    determinant = dx1 * dy2 - dx2 * dy1
    g = (sum_x * dy2 - dx2 * sum_y) / determinant
    h = (dx1 * sum_y - sum_x * dy1) / determinant
    return np.array(
        [
            [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            [g, h, 1.0],
        ]
    )


def extent_to_quadrilateral(extent: Extent, corners: Float64[np.ndarray, "4 2"]) -> Matrix:
    """Return the homography from a rectangle's corners, as `extent_corners` lists them, to `corners`."""
    x_low, y_low, x_high, y_high = extent
    return compose(
        translation(-x_low, -y_low),
        scaling(1 / (x_high - x_low), 1 / (y_high - y_low)),
        square_to_quadrilateral(corners),
    )


def extent_corners(extent: Extent) -> Float64[np.ndarray, "4 2"]:
    """Return the corners (x, y) of a rectangle, clockwise from its low end."""
    x_low, y_low, x_high, y_high = extent
    return np.array([[x_low, y_low], [x_high, y_low], [x_high, y_high], [x_low, y_high]])


def extent_of(points: Points) -> Extent:
    """Return the smallest rectangle around points (x, y)."""
    (x_low, y_low), (x_high, y_high) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return x_low, y_low, x_high, y_high


def centre_of(extent: Extent) -> tuple[float, float]:
    """Return the centre (x, y) of a rectangle."""
    x_low, y_low, x_high, y_high = extent
    return (x_low + x_high) / 2, (y_low + y_high) / 2


def pixel_extent(height: int, width: int) -> Extent:
    """Return the rectangle that the pixels of an image cover; centres lie at integers."""
    return -0.5, -0.5, width - 0.5, height - 0.5


def transform_points(matrix: Matrix, points: Points) -> Points:
    """Return where a transform takes points (x, y)."""
    homogeneous = np.column_stack([points, np.ones(len(points))])
    moved = np.einsum("ij,pj->pi", matrix, homogeneous)
    points_there: Points = moved[:, :2] / moved[:, 2:]
    return points_there


def rows_of(matrix: Matrix) -> MatrixRows:
    """Return a matrix as the nested tuples that a recipe holds."""
    first, second, third = ((row[0], row[1], row[2]) for row in matrix.tolist())
    return first, second, third


def draw_affine(steps: tuple[str, ...], config: SynthesisConfig, rng: np.random.Generator) -> Matrix:
    """Draw an affine transform about the origin.

    Parameters
    ----------
    steps : tuple[str, ...]
        Possible steps, of ``MOTION_STEPS``: each is taken with `augmentation_probability`, in random order.
    config : SynthesisConfig
        The ranges.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Float64[np.ndarray, "3 3"]
        The transform; the identity if no step is taken.
    """
    taken: list[Matrix] = []
    for index in rng.permutation(len(steps)):
        if rng.random() >= config.augmentation_probability:
            continue
        match steps[index]:
            case "rotation":
                taken.append(rotation(rng.uniform(-config.rotation_deg, config.rotation_deg)))
            case "shear":
                taken.append(shear(rng.uniform(-config.shear_deg, config.shear_deg)))
            case "scale":
                taken.append(scaling(rng.uniform(*config.scale), rng.uniform(*config.scale)))
            case "translation":
                reach_px = config.scaled_px(config.translation_px)
                taken.append(translation(*rng.uniform(-reach_px, reach_px, size=2).tolist()))
            case unknown:
                raise AssertionError(unknown)
    return compose(*taken)


def draw_homography(extent: Extent, config: SynthesisConfig, rng: np.random.Generator) -> Matrix:
    """Draw the homography that moves each corner of a rectangle by up to `corner_shift` of its sides."""
    x_low, y_low, x_high, y_high = extent
    shifts = rng.uniform(-config.corner_shift, config.corner_shift, size=(4, 2))
    corners = extent_corners(extent) + shifts * np.array([x_high - x_low, y_high - y_low])
    return extent_to_quadrilateral(extent, corners)
