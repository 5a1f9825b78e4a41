"""What adaptation did to a video."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class AdaptationReport:
    """What adaptation did to a video; complete when the last frame is yielded.

    Attributes
    ----------
    steps : int
        Optimiser steps; 0 if there was nothing to learn from.
    unlearned : tuple of int
        Labels of the objects that kept their propagated masks in the whole video, for the network did not
        learn them.
    kept_frames : Mapping of int to int
        Number of frames in which another object kept its propagated mask, by label.
    """

    steps: int = 0
    unlearned: tuple[int, ...] = ()
    kept_frames: Mapping[int, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield what a person should know: where propagated masks were kept."""
        if not self.steps:
            yield "adaptation: nothing to learn from in fewer than two frames"
        for label in self.unlearned:
            yield f"adaptation: object {label} keeps its propagated masks: the network did not learn it"
        for label, count in sorted(self.kept_frames.items()):
            frames = "1 frame" if count == 1 else f"{count} frames"
            yield f"adaptation: object {label} keeps its propagated mask in {frames}: the network lost it"
