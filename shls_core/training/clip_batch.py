"""A batch of clips whose frames are drawn and cut out already."""

from dataclasses import dataclass

from shls_core.training.batch import TrainingBatch


@dataclass(frozen=True)
class ClipBatch(TrainingBatch):
    """Frames of clips as `shls_core.training.clip_draw` draws them: the squares to learn from, in its order.

    A method that is given such a batch draws neither frames nor place nor flip of them again.
    """
