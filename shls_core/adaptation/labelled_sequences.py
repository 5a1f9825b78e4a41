"""Adaptation of sequences with a known mask for every frame, after any way of segmenting them."""

import numpy as np
from jaxtyping import UInt8

from shls_core.adaptation.two_passes import VideoAdaptation
from shls_core.files.videos.frame import Frame
from shls_core.propagation.evaluation import Segmenter
from shls_core.propagation.labelled_sequence import LabelledSequence


def adapting(segmenter: Segmenter, adaptation: VideoAdaptation) -> Segmenter:
    """Return the segmenter that adapts to every sequence what `segmenter` makes of it."""

    def adapted(sequence: LabelledSequence) -> UInt8[np.ndarray, "T H W"]:
        frames = [Frame(f"{number:05d}", pixels) for number, pixels in enumerate(sequence.frames)]
        propagated = zip(frames, segmenter(sequence), strict=True)
        found = adaptation.after(propagated, lambda: iter(frames), {0: sequence.masks[0]})
        return np.stack([labels for _, labels in found])

    return adapted
