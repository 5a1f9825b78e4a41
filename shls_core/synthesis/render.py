"""Renders a recipe into frames and masks: a pure function of the recipe and the images it names."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from shls_core.errors import InputError
from shls_core.synthesis.layers import PastedShape, overlap
from shls_core.synthesis.layout import Layout, lay_out
from shls_core.synthesis.photometric import (
    apply_colour,
    colour_matrix,
    mean_colour,
    then,
    transform_colour,
)
from shls_core.synthesis.recipe import PastedObject, Recipe, TemplateLayer
from shls_core.synthesis.warping import resize_image, warp_image, warp_labels


@dataclass(frozen=True, kw_only=True, eq=False)
class PseudoSequence:
    """A rendered pseudo-sequence."""

    frames: UInt8[np.ndarray, "T H W 3"]
    """RGB frames."""
    masks: UInt8[np.ndarray, "T H W"]
    """Labels: 0 background, 1..K objects, each of them present in the first frame."""
    full_areas: Int64[np.ndarray, "T K"]
    """Pixels in the frame of every object, if nothing were pasted over it."""


def render(
    recipe: Recipe,
    images: Mapping[str, UInt8[np.ndarray, "_ _ 3"]],
    saliency_maps: Mapping[str, UInt8[np.ndarray, "_ _"]],
    masks: Mapping[str, UInt8[np.ndarray, "_ _"]],
    layout: Layout | None = None,
) -> PseudoSequence:
    """Render a pseudo-sequence.

    Where the moved template does not reach, the mask is background. The frame shows the template's mirror
    image there, or the mean colour of its background where the mirror image shows an object. Objects are
    pasted with hard edges: every pixel belongs to a single layer.

    Parameters
    ----------
    recipe : Recipe
        What was drawn.
    images : Mapping[str, UInt8[np.ndarray, "H W 3"]]
        RGB images of the template and of all sources, by id.
    saliency_maps : Mapping[str, UInt8[np.ndarray, "H W"]]
        Saliency maps of all sources, by id, as they were when the recipe was drawn.
    masks : Mapping[str, UInt8[np.ndarray, "H W"]]
        The template's pseudo-mask, by id.
    layout : Layout, optional
        As returned by `draw_recipe` with the recipe; if missing, it is computed again.

    Returns
    -------
    PseudoSequence
        Frames and masks; the same bytes for the same arguments.

    Raises
    ------
    InputError
        If an image, map or mask is missing or differs in size from its image.
    """
    _check_sizes(recipe, images, saliency_maps, masks)
    layout = layout or lay_out(recipe, saliency_maps, masks)
    frames = _template_frames(recipe.template, images[recipe.template.image_id], layout)
    for pasted, shape in zip(recipe.objects, layout.objects, strict=True):
        _paste_pixels(frames, pasted, images[pasted.source_id], shape)
    layers = layout.layers
    return PseudoSequence(frames=frames, masks=layers.masks, full_areas=layers.full_areas)


def _template_frames(
    layer: TemplateLayer,
    image: UInt8[np.ndarray, "H W 3"],
    layout: Layout,
) -> UInt8[np.ndarray, "T F F 3"]:
    """Return the template's pixels in every frame."""
    resized = resize_image(image, layer.size)
    labels, masks = layout.template_labels, layout.template_masks
    background = np.rint(mean_colour(resized, (labels == 0).astype(np.uint8))).astype(np.uint8)
    frames = np.empty((*masks.shape, 3), dtype=np.uint8)
    for time, (frame, mask) in enumerate(zip(layer.frames, masks, strict=True)):
        matrix = np.array(frame.matrix)
        frames[time] = warp_image(resized, matrix, mask.shape, mirror=True)
        # The mirror image of an object looks like the object, but its label is background.
        frames[time][warp_labels(labels, matrix, mask.shape, mirror=True) != mask] = background
        if frame.jitter is not None:
            change = colour_matrix(frame.jitter, mean_colour(frames[0]))
            frames[time] = apply_colour(frames[time], change)
    return frames


def _paste_pixels(
    frames: UInt8[np.ndarray, "T F F 3"],
    pasted: PastedObject,
    image: UInt8[np.ndarray, "H W 3"],
    pasted_shape: PastedShape,
) -> None:
    """Paste an object's pixels, whose changes of colour add up from frame to frame."""
    top, left, bottom, right = pasted.component.box
    patch = resize_image(image[top:bottom, left:right], pasted.size)
    mean = mean_colour(patch, pasted_shape.mask)
    colours = np.eye(4)
    for frame, shape, silhouette in zip(frames, pasted.frames, pasted_shape.silhouettes, strict=True):
        colours = then(colours, colour_matrix(shape.jitter, transform_colour(colours, mean)))
        in_frame, in_box = overlap(shape.box, len(frame))
        inside = silhouette[in_box] > 0
        if not inside.any():
            continue
        moved = warp_image(patch, np.array(shape.matrix), shape.size, mirror=False)
        pixels = apply_colour(moved[in_box], colours)
        np.copyto(frame[in_frame], pixels, where=inside[..., np.newaxis])


def _check_sizes(
    recipe: Recipe,
    images: Mapping[str, UInt8[np.ndarray, "_ _ 3"]],
    saliency_maps: Mapping[str, UInt8[np.ndarray, "_ _"]],
    masks: Mapping[str, UInt8[np.ndarray, "_ _"]],
) -> None:
    template_id = recipe.template.image_id
    pairs = [(template_id, "pseudo-mask", masks)]
    pairs += [(source_id, "saliency map", saliency_maps) for source_id in recipe.source_ids]
    for image_id, kind, arrays in pairs:
        where = f"image {image_id}, sample {recipe.sample_id}"
        if image_id not in images or image_id not in arrays:
            raise InputError(f"expected an image and its {kind}, got one or neither of them ({where})")
        expected, got = images[image_id].shape[:2], arrays[image_id].shape
        if expected != got:
            raise InputError(f"expected a {kind} of the image's size {expected}, got {got} ({where})")
