"""A sample as pictures: the photograph and what was made from it, step by step; and the sample in words."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tasks.stages.handful import evenly_spread
from tasks.staging.samples import Sample

SIDE_PX = 192
_FRAMES_SHOWN = 4
_COLOURS = np.array([[0, 0, 0], [226, 61, 61], [53, 152, 81], [226, 187, 46], [64, 99, 216]], np.uint8)
_BORDER = np.array([255, 230, 90], np.uint8)

Picture = npt.NDArray[np.uint8]
"""(H, W, 3), RGB."""


def sample_pictures(sample: Sample, side_px: int = SIDE_PX) -> list[tuple[str, Picture]]:
    """Return photograph, saliency, frames with masks and superpixels of a sample, each with what it is.

    Parameters
    ----------
    sample
        The sample.
    side_px
        Longest side of pictures with masks or superpixels; photograph and saliency map keep their size.
    """
    numbers = evenly_spread(range(len(sample.frames)), _FRAMES_SHOWN)
    return [
        ("photograph", sample.photograph),
        ("saliency map", np.repeat(sample.saliency_map[..., None], 3, axis=2)),
        ("pseudo-mask", with_mask(sample.photograph, sample.pseudo_mask, side_px)),
        *((f"frame {time}", with_mask(sample.frames[time], sample.masks[time], side_px)) for time in numbers),
        (
            f"{int(sample.superpixel_maps[0].max()) + 1} superpixels",
            with_superpixels(sample.frames[0], sample.superpixel_maps[0], side_px),
        ),
    ]


def sample_text(sample: Sample) -> str:
    """Return what happens in a sample, in words."""
    facts = sample.facts
    objects = "object" if facts["num_objects"] == 1 else "objects"
    parts = [f"{facts['num_objects']} {objects}, {facts['num_pasted']} pasted"]
    parts += ["one a clone"] if facts["has_clone"] else []
    parts += [f"{facts['num_left_out']} left out for lack of room"] if facts["num_left_out"] else []
    parts += [f"occluded up to {facts['occluded_share']:.0%}"]
    parts += [f"{facts[f'num_{verb}']} {verb}" for verb in ("leaves", "returns") if facts[f"num_{verb}"]]
    return ", ".join(parts)


def with_mask(picture: Picture, mask: npt.NDArray[np.integer], side_px: int = SIDE_PX) -> Picture:
    """Return a picture scaled to a longest side, its objects tinted and outlined; labels 0..K."""
    large, labels = fitted(picture, side_px), _fitted_labels(mask, side_px)
    colours = _COLOURS[np.where(labels > 0, 1 + (labels - 1) % (len(_COLOURS) - 1), 0)]
    tinted = np.where(labels[..., None] > 0, (large * 0.55 + colours * 0.45).astype(np.uint8), large)
    tinted[_borders(labels)] = 255
    return tinted


def with_superpixels(picture: Picture, labels: npt.NDArray[np.integer], side_px: int = SIDE_PX) -> Picture:
    """Return a picture scaled to a longest side, with the borders of its superpixels; labels 0..R-1."""
    large = fitted(picture, side_px)
    large[_borders(_fitted_labels(labels, side_px))] = _BORDER
    return large


def fitted(picture: Picture, side_px: int = SIDE_PX) -> Picture:
    """Return a picture scaled to a longest side of `side_px`."""
    height, width = _fitted_size(picture.shape[0], picture.shape[1], side_px)
    shrinks = height < picture.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def _borders(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return the pixels whose lower or right neighbour has another label."""
    borders = np.zeros(labels.shape, bool)
    borders[:-1] |= labels[:-1] != labels[1:]
    borders[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return borders


def _fitted_labels(labels: npt.NDArray[np.integer], side_px: int) -> npt.NDArray[np.int64]:
    height, width = _fitted_size(labels.shape[0], labels.shape[1], side_px)
    large = cv2.resize(labels.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
    return large.astype(np.int64)


def _fitted_size(height: int, width: int, side_px: int) -> tuple[int, int]:
    longest = max(height, width)
    return max(1, round(height * side_px / longest)), max(1, round(width * side_px / longest))
