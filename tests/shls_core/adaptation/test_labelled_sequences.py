"""Sequences in memory, adapted after any way of segmenting them."""

import numpy as np
import torch

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.labelled_sequences import adapting
from shls_core.adaptation.two_passes import VideoAdaptation
from shls_core.propagation.evaluation import by_copying
from shls_core.propagation.labelled_sequence import LabelledSequence


def test_copies_of_the_first_mask_are_corrected(toy):
    """The disc moves away from its first mask; early copies are nearly right and teach how it looks."""
    frames, masks = toy.moving_disc(8, pace=(0.6, 0.9))
    sequence = LabelledSequence("toy", np.stack(frames), np.stack(masks))
    config = AdaptationConfig(size=64, width=0.125, steps=60, num_threads=1)
    adapted = adapting(by_copying, VideoAdaptation(config, torch.device("cpu")))(sequence)
    assert adapted.shape == sequence.masks.shape
    np.testing.assert_array_equal(adapted[0], masks[0])
    assert toy.overlap(adapted, masks) > toy.overlap(by_copying(sequence), masks)
