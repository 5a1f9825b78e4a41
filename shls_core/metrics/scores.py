"""The numbers that are reported: per object, and over all objects of all sequences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from shls_core.errors import InputError
from shls_core.metrics.temporal import decay, recall

SCORE_NAMES = ("J&F-Mean", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")
"""The official names, in the official order."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Mean, recall and decay of J and F; means and recalls in 0..1, decays in -1..1."""

    j_mean: float
    j_recall: float
    j_decay: float
    f_mean: float
    f_recall: float
    f_decay: float

    @property
    def jf_mean(self) -> float:
        """J&F, the mean of J-Mean and F-Mean."""
        return (self.j_mean + self.f_mean) / 2

    def as_dict(self) -> dict[str, float]:
        """Return the scores under their official names, in the official order."""
        values = (
            self.jf_mean,
            self.j_mean,
            self.j_recall,
            self.j_decay,
            self.f_mean,
            self.f_recall,
            self.f_decay,
        )
        return dict(zip(SCORE_NAMES, values, strict=True))


@dataclass(frozen=True, kw_only=True)
class ObjectScores:
    """Scores of one object of one sequence, with the frame values they come from."""

    sequence: str
    object_id: int
    """Label of the object in the masks, from 1."""
    frame_j: tuple[float, ...]
    """J of every scored frame; the first entry is frame 1."""
    frame_f: tuple[float, ...]
    """F of every scored frame; the first entry is frame 1."""
    scores: Scores

    @property
    def name(self) -> str:
        """The object's official name, `<sequence>_<id>`."""
        return f"{self.sequence}_{self.object_id}"


def scores_over_frames(frame_j: Sequence[float], frame_f: Sequence[float]) -> Scores:
    """Return the scores of one object from its frame values.

    Parameters
    ----------
    frame_j, frame_f : Sequence[float]
        J and F of every scored frame, at least one, in the order of time.

    Returns
    -------
    Scores
        Mean, recall and decay over the frames.
    """
    return Scores(
        j_mean=float(np.mean(frame_j)),
        j_recall=recall(frame_j),
        j_decay=decay(frame_j),
        f_mean=float(np.mean(frame_f)),
        f_recall=recall(frame_f),
        f_decay=decay(frame_f),
    )


def global_scores(objects: Iterable[ObjectScores]) -> Scores:
    """Return the plain mean of the scores over all objects of all sequences.

    An object counts once, however long its sequence is and however many objects share it.

    Parameters
    ----------
    objects : Iterable[ObjectScores]
        The objects of every sequence.

    Returns
    -------
    Scores
        The mean of each of the six numbers.

    Raises
    ------
    InputError
        If there is no object.
    """
    scores = [scored.scores for scored in objects]
    if not scores:
        raise InputError("expected the scores of at least one object, got none")
    return Scores(
        j_mean=float(np.mean([one.j_mean for one in scores])),
        j_recall=float(np.mean([one.j_recall for one in scores])),
        j_decay=float(np.mean([one.j_decay for one in scores])),
        f_mean=float(np.mean([one.f_mean for one in scores])),
        f_recall=float(np.mean([one.f_recall for one in scores])),
        f_decay=float(np.mean([one.f_decay for one in scores])),
    )
