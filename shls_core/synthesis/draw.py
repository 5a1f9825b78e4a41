"""Draws the recipe of a pseudo-sequence from masks and saliency maps; no pixel of a frame is needed."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError, SampleError
from shls_core.synthesis.config import SynthesisConfig
from shls_core.synthesis.layout import Layout
from shls_core.synthesis.pasting import draw_object
from shls_core.synthesis.recipe import Component, LeftOut, PastedObject, Recipe
from shls_core.synthesis.template import draw_template


def draw_recipe(
    sample_id: str,
    template_id: str,
    template_mask: UInt8[np.ndarray, "H W"],
    source_ids: Sequence[str],
    saliency_maps: Mapping[str, UInt8[np.ndarray, "_ _"]],
    config: SynthesisConfig,
    rng: np.random.Generator,
) -> tuple[Recipe, Layout]:
    """Draw every parameter of one pseudo-sequence.

    Parameters
    ----------
    sample_id : str
        The pseudo-sequence.
    template_id : str
        The image it starts from.
    template_mask : UInt8[np.ndarray, "H W"]
        The template's pseudo-mask, labels 0..K.
    source_ids : Sequence[str]
        The images to paste from, in this order; see `draw_sources`. An id equal to the one before it pastes
        the same component again: a clone.
    saliency_maps : Mapping[str, UInt8[np.ndarray, "H W"]]
        The saliency map, 0..255, of each of `source_ids`.
    config : SynthesisConfig
        The ranges.
    rng : numpy.random.Generator
        A generator for this sequence and this purpose alone.

    Returns
    -------
    recipe : Recipe
        The drawn parameters. Every object in it is visible in the first frame.
    layout : Layout
        The shapes that follow from them, for `render`.

    Raises
    ------
    SampleError
        If fewer than `min_objects` objects are in the first frame.
    InputError
        If a source has no saliency map.

    References
    ----------
    Mendonça, Fontinele, Oliveira, "SHLS: Superfeatures Learned from Still Images for Self-supervised
    VOS", BMVC 2023, section 3.1.
    """
    template = draw_template(template_id, template_mask, config, rng)
    layout = Layout.of_template(template, template_mask, config.frame_size)
    layers = layout.layers
    objects: list[PastedObject] = []
    left_out: list[LeftOut] = []
    previous: tuple[str, Component] | None = None
    for source_id in source_ids:
        if source_id not in saliency_maps:
            raise InputError(f"expected a saliency map of source {source_id}, got none (sample {sample_id})")
        if layers.num_objects >= config.max_objects:
            left_out.append(LeftOut(source_id=source_id, reason="the sequence is full"))
            continue
        clone_of = previous[1] if previous is not None and previous[0] == source_id else None
        outcome = draw_object(source_id, saliency_maps[source_id], clone_of, layers, config, rng)
        if isinstance(outcome, LeftOut):
            left_out.append(outcome)
        else:
            pasted, shape = outcome
            layout.paste(shape, [frame.box for frame in pasted.frames])
            objects.append(pasted)
            previous = source_id, pasted.component
    if layers.num_objects < config.min_objects:
        raise SampleError(
            f"expected at least {config.min_objects} objects in the first frame, got {layers.num_objects}"
        )
    recipe = Recipe(
        sample_id=sample_id,
        frame_size=config.frame_size,
        template=template,
        objects=tuple(objects),
        left_out=tuple(left_out),
    )
    return recipe, layout
