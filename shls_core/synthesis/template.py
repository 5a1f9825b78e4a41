"""The template: the image a sequence starts from, and how the camera seems to move over it."""

import cv2
import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.geometry import (
    MOTION_STEPS,
    Extent,
    Matrix,
    about,
    centre_of,
    compose,
    draw_affine,
    extent_corners,
    extent_of,
    pixel_extent,
    rows_of,
    scaling,
    transform_points,
    translation,
)
from shls_core.synthesis.photometric import draw_colour_jitter
from shls_core.synthesis.recipe import Size, TemplateFrame, TemplateLayer
from shls_core.synthesis.warping import resize_labels, warp_labels


def draw_template(
    image_id: str,
    mask: UInt8[np.ndarray, "H W"],
    config: SynthesisConfig,
    rng: np.random.Generator,
) -> TemplateLayer:
    """Draw how a template is resized, cropped, moved and coloured in every frame.

    The first frame is the resized template, cropped to a square. Every later frame is drawn from the first:
    an affine transform about the frame's centre, a zoom, the smallest shift that brings the objects back into
    the frame, and a jitter of that crop, which may move them partly out again.

    Parameters
    ----------
    image_id : str
        The template.
    mask : UInt8[np.ndarray, "H W"]
        Its pseudo-mask, labels 0..K.
    config : SynthesisConfig
        The ranges.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    TemplateLayer
        The drawn parameters. Its `labels` are the largest components visible in the first frame, by
        descending area, at most `max_objects` of them; possibly none.
    """
    frame_size = config.frame_size
    size = _working_size(mask.shape, config)
    resized = resize_labels(mask, size)
    crop = _draw_crop(resized, frame_size, rng)
    first_mask = warp_labels(resized, crop, (frame_size, frame_size))
    labels = _largest_labels(first_mask, config)
    objects = _extent(_relabelling(labels)[first_mask])

    frames = [TemplateFrame(matrix=rows_of(crop), jitter=None)]
    for _ in range(1, config.num_frames):
        motion = _draw_motion(objects, config, rng)
        frames.append(
            TemplateFrame(matrix=rows_of(compose(crop, motion)), jitter=draw_colour_jitter(config, rng))
        )
    return TemplateLayer(image_id=image_id, size=size, labels=labels, frames=tuple(frames))


def template_labels(layer: TemplateLayer, mask: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "h w"]:
    """Return the resized template's objects, labels 1..k; its other components become background."""
    labels: UInt8[np.ndarray, "h w"] = _relabelling(layer.labels)[resize_labels(mask, layer.size)]
    return labels


def template_masks(
    layer: TemplateLayer, labels: UInt8[np.ndarray, "h w"], frame_size: int
) -> UInt8[np.ndarray, "T F F"]:
    """Return the masks of the template's objects in every frame.

    Parameters
    ----------
    layer : TemplateLayer
        What was drawn.
    labels : UInt8[np.ndarray, "h w"]
        The objects of the resized template, from `template_labels`.
    frame_size : int
        Height and width of the frames, px.

    Returns
    -------
    UInt8[np.ndarray, "T F F"]
        The masks; background where the template does not reach.
    """
    size = (frame_size, frame_size)
    return np.stack([warp_labels(labels, np.array(frame.matrix), size) for frame in layer.frames])


def _working_size(shape: tuple[int, ...], config: SynthesisConfig) -> Size:
    height, width = shape
    scale = config.frame_size * config.template_side / min(height, width)
    return max(round(height * scale), config.frame_size), max(round(width * scale), config.frame_size)


def _draw_crop(mask: UInt8[np.ndarray, "H W"], frame_size: int, rng: np.random.Generator) -> Matrix:
    """Draw a shift by whole pixels to the square crop of the first frame, which keeps the objects."""
    height, width = mask.shape
    kept = _extent(mask) or (0.0, 0.0, width - 1.0, height - 1.0)
    if mask.any() and max(kept[2] - kept[0], kept[3] - kept[1]) >= frame_size:
        # All of them do not fit: keep the largest.
        largest = int(np.argmax(np.bincount(mask.ravel())[1:])) + 1
        kept = _extent((mask == largest).astype(np.uint8)) or kept
    left = _draw_offset(kept[0], kept[2] + 1, frame_size, width, rng)
    top = _draw_offset(kept[1], kept[3] + 1, frame_size, height, rng)
    return translation(float(-left), float(-top))


def _draw_offset(low: float, high: float, window: int, length: int, rng: np.random.Generator) -> int:
    """Draw where a window starts so that it lies in 0..length and holds low..high, or lies in it."""
    if high - low <= window:
        start, end = max(0.0, high - window), min(low, length - window)
    else:
        start, end = low, high - window
    return int(rng.integers(round(start), round(end), endpoint=True))


def _largest_labels(mask: UInt8[np.ndarray, "F F"], config: SynthesisConfig) -> tuple[int, ...]:
    areas = np.bincount(mask.ravel(), minlength=256)
    areas[0] = 0
    by_area = np.argsort(-areas, kind="stable")[: config.max_objects]
    least = max(1.0, config.min_visible_share * mask.size)
    return tuple(int(label) for label in by_area if areas[label] >= least)


def _relabelling(labels: tuple[int, ...]) -> UInt8[np.ndarray, "256"]:
    """Return the table that turns `labels` into 1..k and everything else into background."""
    table = np.zeros(256, dtype=np.uint8)
    table[list(labels)] = range(1, len(labels) + 1)
    return table


def _extent(mask: UInt8[np.ndarray, "H W"]) -> Extent | None:
    """Return the rectangle around the pixel centres of all objects, None if there are none."""
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0:
        return None
    return float(left), float(top), left + width - 1.0, top + height - 1.0


def _draw_motion(objects: Extent | None, config: SynthesisConfig, rng: np.random.Generator) -> Matrix:
    """Draw the transform from the first frame to a later one."""
    frame = pixel_extent(config.frame_size, config.frame_size)
    zoom = rng.uniform(*config.zoom)
    moved = about(centre_of(frame), compose(draw_affine(MOTION_STEPS, config, rng), scaling(zoom, zoom)))
    jitter_px = config.scaled_px(config.crop_jitter_px)
    dx, dy = rng.uniform(-jitter_px, jitter_px, size=2).tolist()
    if objects is not None:
        x_low, y_low, x_high, y_high = extent_of(transform_points(moved, extent_corners(objects)))
        dx += _shift_into(x_low, x_high, frame[0], frame[2])
        dy += _shift_into(y_low, y_high, frame[1], frame[3])
    return compose(moved, translation(dx, dy))


def _shift_into(low: float, high: float, frame_low: float, frame_high: float) -> float:
    """Return the smallest shift that brings low..high into the frame, or makes it cover the frame."""
    least, most = sorted((frame_low - low, frame_high - high))
    return min(max(0.0, least), most)
