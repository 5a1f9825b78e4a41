"""Pasted objects: how one is cut out, deformed from frame to frame, and placed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.component import cut_component, draw_component
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.geometry import (
    SHAPE_STEPS,
    Matrix,
    about,
    centre_of,
    compose,
    draw_affine,
    draw_homography,
    extent_corners,
    extent_of,
    pixel_extent,
    rows_of,
    transform_points,
    translation,
)
from shls_core.synthesis.layers import LayeredMasks, PastedShape, Silhouettes
from shls_core.synthesis.photometric import draw_colour_jitter
from shls_core.synthesis.placement import draw_boxes, refusal
from shls_core.synthesis.recipe import Component, LeftOut, LeftOutReason, ObjectFrame, PastedObject, Size
from shls_core.synthesis.warping import resize_mask, warp_labels


def draw_object(
    source_id: str,
    saliency_map: UInt8[np.ndarray, "H W"],
    clone_of: Component | None,
    layers: LayeredMasks,
    config: SynthesisConfig,
    rng: np.random.Generator,
) -> tuple[PastedObject, PastedShape] | LeftOut:
    """Draw one object to paste and, if there is one, its place.

    Parameters
    ----------
    source_id : str
        The image it is cut from.
    saliency_map : UInt8[np.ndarray, "H W"]
        That image's saliency map, 0..255.
    clone_of : Component, optional
        The component to paste again, instead of drawing one.
    layers : LayeredMasks
        The objects so far, which the new one must not hide.
    config : SynthesisConfig
        The ranges.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (PastedObject, PastedShape) or LeftOut
        The object and its shape, or why there is none after `placement_attempts` places.
    """
    component = clone_of or draw_component(saliency_map, config, rng)
    if component is None:
        return LeftOut(source_id=source_id, reason="no component in the saliency map")
    size = _draw_size(component, config, rng)
    matrices, box_sizes = _draw_shapes(size, config, rng)
    jitters = tuple(draw_colour_jitter(config, rng) for _ in matrices)
    mask = component_mask(saliency_map, component, size)
    silhouettes = [
        warp_labels(mask, matrix, box_size) for matrix, box_size in zip(matrices, box_sizes, strict=True)
    ]

    reason: LeftOutReason | None = None
    for attempt in range(1, config.placement_attempts + 1):
        boxes = draw_boxes(box_sizes, config, rng)
        reason = refusal(layers, silhouettes, boxes, config)
        if reason is None:
            frames = tuple(
                ObjectFrame(matrix=rows_of(matrix), box=box, jitter=jitter)
                for matrix, box, jitter in zip(matrices, boxes, jitters, strict=True)
            )
            pasted = PastedObject(
                source_id=source_id, component=component, size=size, attempt=attempt, frames=frames
            )
            return pasted, PastedShape(mask, silhouettes)
    assert reason is not None
    return LeftOut(source_id=source_id, reason=reason)


def component_mask(
    saliency_map: UInt8[np.ndarray, "H W"], component: Component, size: Size
) -> UInt8[np.ndarray, "h w"]:
    """Return the mask (1 inside, 0 outside) of a component, its box resized to `size`."""
    return resize_mask(cut_component(saliency_map, component), size)


def silhouettes_of(pasted: PastedObject, mask: UInt8[np.ndarray, "h w"]) -> Silhouettes:
    """Return an object's masks in its boxes, frame by frame, from its resized component's mask."""
    return [warp_labels(mask, np.array(frame.matrix), frame.size) for frame in pasted.frames]


def _draw_size(component: Component, config: SynthesisConfig, rng: np.random.Generator) -> Size:
    """Draw the size of the object in the first frame, in the proportions of its component."""
    top, left, bottom, right = component.box
    height, width = bottom - top, right - left
    scale = min(
        rng.uniform(*config.object_side) * config.frame_size / min(height, width),
        config.max_object_length * config.frame_size / max(height, width),
    )
    return max(1, round(height * scale)), max(1, round(width * scale))


def _draw_shapes(
    size: Size, config: SynthesisConfig, rng: np.random.Generator
) -> tuple[Sequence[Matrix], Sequence[Size]]:
    """Draw how an object deforms: per frame, the transform into its box, and the box's size.

    Changes add up: the shape in a frame is a homography and an affine transform of the shape in the frame
    before. Matrices are multiplied instead of moving pixels again, so that nothing blurs.
    """
    corners = extent_corners(pixel_extent(*size))
    shape = np.eye(3)
    matrices: list[Matrix] = []
    box_sizes: list[Size] = []
    for _ in range(config.num_frames):
        extent = extent_of(transform_points(shape, corners))
        shape = compose(
            shape,
            draw_homography(extent, config, rng),
            about(centre_of(extent), draw_affine(SHAPE_STEPS, config, rng)),
        )
        x_low, y_low, x_high, y_high = extent_of(transform_points(shape, corners))
        shape = compose(shape, translation(-0.5 - x_low, -0.5 - y_low))
        matrices.append(shape)
        box_sizes.append((max(1, round(y_high - y_low)), max(1, round(x_high - x_low))))
    return matrices, box_sizes
