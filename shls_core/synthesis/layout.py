"""The place of every layer of a sequence: drawing fixes it before any pixel is moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from shls_core.synthesis.layers import LayeredMasks, PastedShape
from shls_core.synthesis.pasting import component_mask, silhouettes_of
from shls_core.synthesis.recipe import Box, Recipe, TemplateLayer
from shls_core.synthesis.template import template_labels, template_masks


@dataclass(frozen=True, eq=False)
class Layout:
    """The shapes of a pseudo-sequence, which follow from its recipe."""

    template_labels: UInt8[np.ndarray, "h w"]
    """Objects of the resized template, 1..k."""
    template_masks: UInt8[np.ndarray, "T F F"]
    """Those objects in every frame, before anything is pasted."""
    layers: LayeredMasks
    """The masks with everything pasted so far."""
    objects: list[PastedShape] = field(default_factory=list)
    """Shapes of the pasted objects, in the order of pasting."""

    @classmethod
    def of_template(
        cls, template: TemplateLayer, mask: UInt8[np.ndarray, "H W"], frame_size: int
    ) -> "Layout":
        """Lay out a template, of which `mask` is the pseudo-mask, with nothing pasted yet."""
        labels = template_labels(template, mask)
        masks = template_masks(template, labels, frame_size)
        return cls(labels, masks, LayeredMasks(masks.copy(), len(template.labels)))

    def paste(self, shape: PastedShape, boxes: Sequence[Box]) -> None:
        """Paste an object over all others."""
        self.layers.paste(shape.silhouettes, boxes)
        self.objects.append(shape)


def lay_out(
    recipe: Recipe,
    saliency_maps: Mapping[str, UInt8[np.ndarray, "_ _"]],
    masks: Mapping[str, UInt8[np.ndarray, "_ _"]],
) -> Layout:
    """Return the layout of a recipe, equal to the one returned with it when it was drawn."""
    layout = Layout.of_template(recipe.template, masks[recipe.template.image_id], recipe.frame_size)
    for pasted in recipe.objects:
        mask = component_mask(saliency_maps[pasted.source_id], pasted.component, pasted.size)
        shape = PastedShape(mask, silhouettes_of(pasted, mask))
        layout.paste(shape, [frame.box for frame in pasted.frames])
    return layout
