"""Scores a way of segmenting videos on sequences with a known mask for every frame."""

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import UInt8

from shls_core.metrics.scores import ObjectScores
from shls_core.metrics.sequence import score_sequence
from shls_core.propagation.interface import MaskPropagator, copy_first_mask, propagate
from shls_core.propagation.labelled_sequence import LabelledSequence

Segmenter = Callable[[LabelledSequence], UInt8[np.ndarray, "T H W"]]
"""Takes a sequence, of which it may read only the first mask; returns the masks of all frames."""


def by_propagation(propagator: MaskPropagator) -> Segmenter:
    """Return the segmenter that carries the first mask through a sequence with `propagator`."""
    return lambda sequence: propagate(propagator, sequence.frames, sequence.masks[0], sequence.stored)


def by_copying(sequence: LabelledSequence) -> UInt8[np.ndarray, "T H W"]:
    """Copy the first mask to every frame: the trivial baseline."""
    return copy_first_mask(sequence.masks[0], len(sequence.masks))


def evaluate(segmenter: Segmenter, sequences: Iterable[LabelledSequence]) -> list[ObjectScores]:
    """Segment every sequence and score every object of it; the first and the last frame are not scored."""
    return [
        scores
        for sequence in sequences
        for scores in score_sequence(segmenter(sequence), sequence.masks, sequence.sample_id)
    ]
