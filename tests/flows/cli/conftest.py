"""What tests of commands share."""

import cv2
import numpy as np
import pytest

from shls_core.files.masks.indexed_png import write_mask


@pytest.fixture
def clip(tmp_path):
    """Frames in which an orange square moves over noise, and its first mask, as `shls segment` takes them."""
    noise = np.random.default_rng(0).integers(0, 90, (64, 96, 3), dtype=np.uint8)
    (tmp_path / "frames").mkdir()
    for number in range(3):
        frame = noise.copy()
        frame[20:44, 20 + 5 * number : 50 + 5 * number] = (40, 160, 220)
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), frame)
    mask = np.zeros((64, 96), np.uint8)
    mask[20:44, 20:50] = 1
    write_mask(tmp_path / "first.png", mask)
    return tmp_path / "frames", "--mask", tmp_path / "first.png"
