"""Labels a video twice: masks are propagated, a network learns from them and makes them again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import torch
from jaxtyping import UInt8

from shls_core.adaptation.adapted_labels import AdaptedLabels
from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.label_spool import LabelSpool
from shls_core.adaptation.learning import learn_video
from shls_core.adaptation.material import LearningMaterial
from shls_core.adaptation.report import AdaptationReport
from shls_core.errors import InputError
from shls_core.files.videos.frame import Frame
from shls_core.training.reproducible import reproducible

Labelled = tuple[Frame, UInt8[np.ndarray, "H W"]]
Masks = Mapping[int, UInt8[np.ndarray, "_ _"]]
Watch = Callable[[str, int, int], None]
"""Called with what is done (``propagate``, ``adapt``), how much of it, and of how much (0: not known)."""


@dataclass(frozen=True)
class VideoAdaptation:
    """Learns a network for every video, after any propagation.

    Attributes
    ----------
    config : AdaptationConfig
        How it learns.
    device : torch.device
        Where it learns.
    """

    config: AdaptationConfig
    device: torch.device

    def after(
        self,
        propagated: Iterable[Labelled],
        again: Callable[[], Iterator[Frame]],
        masks: Masks,
        watch: Watch | None = None,
        report: AdaptationReport | None = None,
    ) -> Iterator[Labelled]:
        """Yield every frame of a video with its adapted labels.

        Propagated labels go to a temporary file, compressed, and the network learns from a bounded number of
        frames: memory use does not grow with the length of the video. Frames are read a second time.

        Frames before the first mask are background. Where objects are given, they are exactly there. A
        damaged frame has the labels of the frame before it.

        Parameters
        ----------
        propagated
            The frames in the order of time, with the labels that any method gave them.
        again
            Reads the frames again from the first on.
        masks
            The given masks by number of the frame, from 0, at least one; each is read twice.
        watch
            Called before the first frame is yielded.
        report
            Filled in while frames are yielded.

        Raises
        ------
        InputError
            If the frames are other ones when they are read again, or temporary files cannot be written.
        """
        start, material = min(masks), LearningMaterial(self.config.size)
        with LabelSpool() as spool:
            for number, (frame, labels) in enumerate(propagated):
                spool.add(labels)
                if number >= start and not frame.is_damaged:
                    material.add(frame.pixels, labels, masks.get(number))
                if watch:
                    watch("propagate", number + 1, 0)
            if material.num_frames < 2:  # a given mask alone: nothing was propagated
                yield from _paired(again(), spool)
                return
            on_step = (lambda done, total: watch("adapt", done, total)) if watch else None
            with reproducible(self.config.num_threads):
                network = learn_video(material.frames(), self.config, self.device, on_step)
                adapted = AdaptedLabels(network, material, self.config.fuse)
            if report:
                report.steps, report.unlearned = self.config.steps, adapted.unlearned
                report.kept_frames = adapted.kept_frames
            yield from _relabelled(_paired(again(), spool), adapted, masks, self.config.num_threads)


def _relabelled(
    labelled: Iterator[Labelled], adapted: AdaptedLabels, masks: Masks, num_threads: int
) -> Iterator[Labelled]:
    start, known = min(masks), set[int]()
    before: UInt8[np.ndarray, "H W"] | None = None
    for number, (frame, labels) in enumerate(labelled):
        if number >= start:
            given = masks.get(number)
            if given is not None:
                known |= {int(label) for label in np.unique(given[given > 0])}
            if frame.is_damaged and before is not None:
                labels = before
            elif number > start:  # the first mask is complete
                with reproducible(num_threads):
                    labels = adapted.labels(frame.pixels, labels, len(known), given)
            before = labels
        yield frame, labels


def _paired(frames: Iterator[Frame], spool: LabelSpool) -> Iterator[Labelled]:
    """Yield the frames that are read again with their propagated labels."""
    for number, (frame, labels) in enumerate(zip_longest(frames, spool.read())):
        if frame is None or labels is None or frame.pixels.shape[:2] != labels.shape:
            raise InputError(
                f"expected the same {spool.num_frames} frames when the video is read again for adaptation, "
                f"got another frame {number}: the video was changed meanwhile"
            )
        yield frame, labels
