"""Scoring of a sequence, frame by frame."""

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.metrics.boundary import boundary_accuracy
from shls_core.metrics.region import region_similarity
from shls_core.metrics.scores import ObjectScores, scores_over_frames

VOID_LABEL = 255
"""Label of annotated pixels that belong to no object; scored as background."""

_UNSCORED = "the first and the last frame are not scored"


class SequenceScorer:
    """Scores the objects of a sequence one frame at a time, without keeping masks.

    The objects are 1..K, K the highest label of the first annotated frame. That frame and the last one are
    not scored: add the frames in between, in the order of time.

    Parameters
    ----------
    first_mask : UInt8[np.ndarray, "H W"]
        Annotation of the first frame, labels 0..K; 255 is background.
    sequence : str
        Name of the sequence, for messages and reports.

    Raises
    ------
    InputError
        If the first frame holds no object.

    Examples
    --------
    >>> first_mask = np.array([[0, 1], [1, 1]], np.uint8)
    >>> scorer = SequenceScorer(first_mask, "swan")
    >>> scorer.add(first_mask, first_mask)
    >>> [swan] = scorer.scores()
    >>> swan.name, swan.scores.jf_mean
    ('swan_1', 1.0)
    """

    def __init__(self, first_mask: UInt8[np.ndarray, "H W"], sequence: str = "unnamed") -> None:
        num_objects = int(first_mask.max(initial=0, where=first_mask != VOID_LABEL))
        if num_objects == 0:
            raise InputError(f"expected objects 1..K in the first mask, got none (sequence {sequence})")
        self._sequence = sequence
        self._shape = first_mask.shape
        self._frame_j: list[list[float]] = [[] for _ in range(num_objects)]
        self._frame_f: list[list[float]] = [[] for _ in range(num_objects)]

    # The axes are unbound: masks of the wrong size are the user's error and get a message, not a type error.
    def add(self, result_labels: UInt8[np.ndarray, "_ _"], truth_labels: UInt8[np.ndarray, "_ _"]) -> None:
        """Score the next frame; the first call is for frame 1.

        Parameters
        ----------
        result_labels : UInt8[np.ndarray, "H W"]
            Labels 0..K of the result. An object without a pixel is scored as an empty mask.
        truth_labels : UInt8[np.ndarray, "H W"]
            Labels of the annotation. 255 is background, and so are labels above K.

        Raises
        ------
        InputError
            If a mask has another size than the first one, or the result has a label above K, such as 255.
        """
        self._check(result_labels, truth_labels)
        for index, (frame_j, frame_f) in enumerate(zip(self._frame_j, self._frame_f, strict=True)):
            result = result_labels == index + 1
            truth = truth_labels == index + 1
            frame_j.append(region_similarity(result, truth))
            frame_f.append(boundary_accuracy(result, truth))

    def scores(self) -> list[ObjectScores]:
        """Return the scores of objects 1..K over the frames added so far.

        Returns
        -------
        list[ObjectScores]
            One entry per object, in the order of their labels.

        Raises
        ------
        InputError
            If no frame was added, as for a sequence of two frames.
        """
        if not self._frame_j[0]:
            raise InputError(
                f"expected at least one frame to score, got none: {_UNSCORED} (sequence {self._sequence})"
            )
        return [
            ObjectScores(
                sequence=self._sequence,
                object_id=object_id,
                frame_j=tuple(frame_j),
                frame_f=tuple(frame_f),
                scores=scores_over_frames(frame_j, frame_f),
            )
            for object_id, (frame_j, frame_f) in enumerate(zip(self._frame_j, self._frame_f, strict=True), 1)
        ]

    def _check(self, result_labels: UInt8[np.ndarray, "_ _"], truth_labels: UInt8[np.ndarray, "_ _"]) -> None:
        num_objects = len(self._frame_j)
        where = f"(sequence {self._sequence}, frame {len(self._frame_j[0]) + 1})"
        for kind, labels in (("annotation", truth_labels), ("result", result_labels)):
            if labels.shape != self._shape:
                raise InputError(f"expected {kind} of shape {self._shape}, got {labels.shape} {where}")
        highest = int(result_labels.max(initial=0))
        if highest > num_objects:
            hint = ", which is void and for annotations only" if highest == VOID_LABEL else ""
            raise InputError(f"expected result labels 0..{num_objects}, got {highest}{hint} {where}")


def score_sequence(
    result: UInt8[np.ndarray, "_ _ _"], truth: UInt8[np.ndarray, "T H W"], sequence: str = "unnamed"
) -> list[ObjectScores]:
    """Return the scores of the objects of a sequence that is in memory.

    Parameters
    ----------
    result : UInt8[np.ndarray, "T H W"]
        Labels 0..K of the result. The first and the last frame are ignored.
    truth : UInt8[np.ndarray, "T H W"]
        Labels of the annotation. Those of the first frame define the objects; 255 is background.
    sequence : str
        Name of the sequence, for messages and reports.

    Returns
    -------
    list[ObjectScores]
        One entry per object, in the order of their labels.

    Raises
    ------
    InputError
        If there are fewer than three frames, the two differ in length or frame size, the first annotated
        frame holds no object, or the result holds more objects than it.
    """
    num_frames = len(truth)
    if num_frames < 3:
        raise InputError(f"expected at least 3 frames, got {num_frames}: {_UNSCORED} (sequence {sequence})")
    if len(result) != num_frames:
        raise InputError(f"expected {num_frames} result frames, got {len(result)} (sequence {sequence})")
    scorer = SequenceScorer(truth[0], sequence)
    for result_labels, truth_labels in zip(result[1:-1], truth[1:-1], strict=True):
        scorer.add(result_labels, truth_labels)
    return scorer.scores()
