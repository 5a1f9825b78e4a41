"""Scores results against annotations, file by file: at most two masks are in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from shls_core.benchmarks.davis.layout import DavisVideo, Year
from shls_core.files.masks.label_files import read_mask
from shls_core.metrics.scores import ObjectScores
from shls_core.metrics.sequence import SequenceScorer


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
    scorer = SequenceScorer(_labels(job.video.annotation_paths[0], job.year), job.video.name)
    for result, truth in zip(job.result_paths, job.video.scored_paths, strict=True):
        scorer.add(_labels(result, job.year), _labels(truth, job.year))
    return scorer.scores()


def _labels(path: Path, year: Year) -> UInt8[np.ndarray, "H W"]:
    labels = read_mask(path)
    return (labels > 0).astype(np.uint8) if year == 2016 else labels
