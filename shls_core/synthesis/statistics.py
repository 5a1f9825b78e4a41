"""What happens in a pseudo-sequence: counts for reports and for the validation gate."""

from dataclasses import dataclass

import numpy as np

from shls_core.synthesis.recipe import Recipe
from shls_core.synthesis.render import PseudoSequence


@dataclass(frozen=True, kw_only=True)
class SequenceStatistics:
    """The scenario of one pseudo-sequence."""

    num_objects: int
    """Objects of the first frame."""
    num_pasted: int
    """Those of them that were pasted."""
    num_left_out: int
    """Drawn sources that gave no object."""
    has_clone: bool
    """Whether the same component of the same image was pasted twice."""
    mask_share: float
    """Share of all pixels, over all frames, that belong to an object."""
    largest_occluded_share: tuple[float, ...]
    """Per object, the largest share of its pixels in a frame that later objects hide there."""
    num_leaves: int
    """How often an object that was visible in a frame is not in the next one."""
    num_returns: int
    """How often an object that was not visible in a frame is in the next one."""


def sequence_statistics(recipe: Recipe, sequence: PseudoSequence) -> SequenceStatistics:
    """Count what happens in a rendered pseudo-sequence.

    Parameters
    ----------
    recipe : Recipe
        What was drawn.
    sequence : PseudoSequence
        The same sequence, rendered.

    Returns
    -------
    SequenceStatistics
        The counts.
    """
    full = sequence.full_areas
    num_objects = full.shape[1]
    visible = np.stack([np.bincount(mask.ravel(), minlength=num_objects + 1)[1:] for mask in sequence.masks])
    occluded = 1 - visible / np.maximum(full, 1)
    occluded[full == 0] = 0
    present = visible > 0
    components = [(pasted.source_id, pasted.component) for pasted in recipe.objects]
    return SequenceStatistics(
        num_objects=num_objects,
        num_pasted=len(recipe.objects),
        num_left_out=len(recipe.left_out),
        has_clone=len(set(components)) < len(components),
        mask_share=float(np.mean(sequence.masks > 0)),
        largest_occluded_share=tuple(occluded.max(axis=0).tolist()),
        num_leaves=int(np.count_nonzero(present[:-1] & ~present[1:])),
        num_returns=int(np.count_nonzero(~present[:-1] & present[1:])),
    )
