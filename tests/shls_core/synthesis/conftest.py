"""Three small photographs with hand-made saliency maps; read-only, so that nothing may change them."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from skimage import data


@dataclass(frozen=True)
class Pool:
    images: dict[str, np.ndarray]
    saliency_maps: dict[str, np.ndarray]
    masks: dict[str, np.ndarray]


def blob(height: int, width: int, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot((rows - centre[0]) / radii[0], (columns - centre[1]) / radii[1])
    return (255 * np.clip(1.5 - distance, 0, 1)).astype(np.uint8)


@pytest.fixture(scope="session")
def pool() -> Pool:
    images, saliency_maps, masks = {}, {}, {}
    for name in ("astronaut", "chelsea", "coffee"):
        photograph = getattr(data, name)()
        height, width = photograph.shape[0] // 3, photograph.shape[1] // 3
        images[name] = cv2.resize(photograph, (width, height), interpolation=cv2.INTER_AREA)
        left = blob(height, width, (0.5 * height, 0.3 * width), (0.25 * height, 0.15 * width))
        right = blob(height, width, (0.4 * height, 0.75 * width), (0.15 * height, 0.1 * width))
        saliency_maps[name] = np.maximum(left, right)
        masks[name] = np.where(left > 127, 1, np.where(right > 127, 2, 0)).astype(np.uint8)
    for arrays in (images, saliency_maps, masks):
        for array in arrays.values():
            array.flags.writeable = False
    return Pool(images, saliency_maps, masks)
