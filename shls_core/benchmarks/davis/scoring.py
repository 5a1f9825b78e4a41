"""Scores results against annotations, file by file: at most two masks are in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.benchmarks.davis.layout import DavisVideo, Year
from shls_core.errors import InputError
from shls_core.files.masks.label_files import read_mask
from shls_core.metrics.scores import ObjectScores
from shls_core.metrics.sequence import VOID_LABEL, SequenceScorer


@dataclass(frozen=True)
class VideoToScore:
    """A video and the result of each of its frames that is scored."""

    video: DavisVideo
    result_paths: tuple[Path, ...]
    year: Year


def score_video(job: VideoToScore) -> list[ObjectScores]:
    """Return the scores of the objects of one video.

    In 2016, every video has one object: every label that is not 0.

    Raises
    ------
    InputError
        If a mask cannot be read, has another size than the first one, or has a label that is no object.
    """
    first = _labels(job.video.annotation_paths[0], job.year)
    scorer = SequenceScorer(first, job.video.name)
    for result, truth in zip(job.result_paths, job.video.scored_paths, strict=True):
        labels, true_labels = _labels(result, job.year), _labels(truth, job.year)
        for path, found in ((truth, true_labels), (result, labels)):
            if found.shape != first.shape:
                raise InputError(
                    f"expected a mask of {_size(first.shape)} px, as the first annotation is, got "
                    f"{_size(found.shape)}: {path}"
                )
        if job.year != 2016 and labels.max(initial=0) == VOID_LABEL:
            raise InputError(
                f"expected result labels 1..K, got 255, which is void and for annotations only: save labels, "
                f"or score with --year 2016 where all objects are one: {result}"
            )
        try:
            scorer.add(labels, true_labels)
        except InputError as error:
            raise InputError(f"{error}: {result}") from error
    return scorer.scores()


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}"


def _labels(path: Path, year: Year) -> UInt8[np.ndarray, "H W"]:
    labels = read_mask(path)
    return (labels > 0).astype(np.uint8) if year == 2016 else labels
