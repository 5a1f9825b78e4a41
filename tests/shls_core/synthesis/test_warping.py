import cv2
import numpy as np
import pytest

from shls_core.synthesis import geometry, warping

LABELS = np.random.default_rng(0).integers(0, 4, (23, 31), dtype=np.uint8)
TURNED = geometry.compose(
    geometry.rotation(17.0), geometry.scaling(1.1, 0.9), geometry.translation(6.3, -2.7)
)
BENT = TURNED.copy()
BENT[2, :2] = 0.003, -0.002


def nearest_by_loops(labels: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    backwards = np.linalg.inv(matrix)
    result = np.zeros(size, dtype=np.uint8)
    for row in range(size[0]):
        for column in range(size[1]):
            x, y, w = backwards @ (column, row, 1.0)
            source_row, source_column = round(y / w), round(x / w)
            if 0 <= source_row < labels.shape[0] and 0 <= source_column < labels.shape[1]:
                result[row, column] = labels[source_row, source_column]
    return result


@pytest.mark.parametrize("matrix", [TURNED, BENT])
def test_labels_come_from_the_nearest_pixel(matrix):
    np.testing.assert_array_equal(
        warping.warp_labels(LABELS, matrix, (20, 25)), nearest_by_loops(LABELS, matrix, (20, 25))
    )


@pytest.mark.parametrize("matrix", [TURNED, BENT])
def test_mirrored_labels_differ_only_outside(matrix):
    ones = np.ones_like(LABELS)
    inside = warping.warp_labels(ones, matrix, (20, 25)) == 1
    assert 0 < inside.mean() < 1
    mirrored = warping.warp_labels(LABELS + 1, matrix, (20, 25), mirror=True)
    np.testing.assert_array_equal(mirrored[inside] - 1, warping.warp_labels(LABELS, matrix, (20, 25))[inside])
    assert mirrored.min() > 0


def test_a_shift_by_whole_pixels_is_exact():
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    cropped = warping.warp_image(image, geometry.translation(-7.0, -3.0), (30, 32), mirror=True)
    np.testing.assert_array_equal(cropped, image[3:33, 7:39])


def test_pixels_and_labels_share_a_grid():
    """A ramp tells where each pixel came from; labels of the ramp's columns must agree with it."""
    ramp = np.repeat(np.arange(0, 240, 8, dtype=np.uint8)[None], 30, axis=0)
    for matrix in (TURNED, BENT):
        columns = warping.warp_image(np.dstack([ramp] * 3), matrix, (30, 30), mirror=False)[..., 0] / 8
        nearest = warping.warp_labels(ramp // 8, matrix, (30, 30))
        inside = warping.warp_labels(np.ones_like(ramp), matrix, (30, 30)) == 1
        assert np.abs(columns - nearest)[inside].max() <= 0.5 + 1 / 8


@pytest.mark.parametrize("size", [(7, 9), (23, 31), (50, 80)])
def test_resized_labels_come_from_where_their_centre_falls(size):
    rows = [int((row + 0.5) * LABELS.shape[0] / size[0]) for row in range(size[0])]
    columns = [int((column + 0.5) * LABELS.shape[1] / size[1]) for column in range(size[1])]
    np.testing.assert_array_equal(warping.resize_labels(LABELS, size), LABELS[np.ix_(rows, columns)])


def test_images_shrink_by_area_means():
    image = np.random.default_rng(2).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    means = image.reshape(4, 2, 6, 2, 3).mean(axis=(1, 3))
    assert np.abs(warping.resize_image(image, (4, 6)) - means).max() <= 0.5


def test_an_enlarged_mask_has_no_steps_and_stays_in_place():
    rows, columns = np.mgrid[:20, :20]
    large = warping.resize_mask((rows + columns < 20).astype(np.uint8), (160, 160))
    rows, columns = np.mgrid[:160, :160]
    off_the_diagonal = (large == 1) != (rows + columns < 160)
    assert np.abs(rows + columns - 160)[off_the_diagonal].max() <= 6  # steps would reach 8

    square = np.zeros((20, 20), dtype=np.uint8)
    square[5:15, 4:12] = 1
    large = warping.resize_mask(square, (160, 160))
    assert cv2.boundingRect(large) == (32, 40, 64, 80)
    assert set(np.unique(large)) == {0, 1}


def test_a_shrunk_mask_keeps_what_is_at_least_half_inside():
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 1]], dtype=np.uint8)
    np.testing.assert_array_equal(warping.resize_mask(mask, (2, 2)), [[1, 0], [1, 0]])
