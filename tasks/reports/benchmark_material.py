"""What the page of a benchmark shows besides its record: frames with masks, and the simplest baseline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shls_core.benchmarks.davis.layout import DavisVideo, Year, davis_split
from shls_core.benchmarks.video import of_davis
from shls_core.errors import InputError
from shls_core.files.foreign_file import LARGEST_PICTURE, read_regular, read_text
from shls_core.files.foreign_json import strict_json
from shls_core.files.masks.label_files import read_mask
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.folders import pictures_in
from shls_core.metrics.scores import ObjectScores
from shls_core.metrics.sequence import VOID_LABEL, SequenceScorer
from storage.records.checkpoints import BenchmarkObject, BenchmarkRecord
from tasks.reports.benchmark_page import Material
from tasks.reports.pictures import SHARES, Picture, compared, picture, pictured_frames
from tasks.scoring.benchmark import FACTS
from tasks.scoring.benchmark_choice import material_digest


def benchmark_material(record: BenchmarkRecord, davis: Path, results: Path) -> Material:
    """Draw frames of every video, and score masks that copy the first one.

    Parameters
    ----------
    record
        The evaluation.
    davis
        Root of the benchmark it is of.
    results
        Folder of the masks it is of.

    Raises
    ------
    InputError
        If the benchmark or the masks are others than those that were evaluated.
    """
    year = _year(record)
    videos = davis_split(davis, record.split, year)
    _check(record, videos, davis, results)
    objects = {video.name: [one for one in record.objects if one.sequence == video.name] for video in videos}
    return Material(
        pictures={video.name: _pictures(video, results, year, objects[video.name]) for video in videos},
        copied=[one for video in videos for one in score_copies(video, year)],
    )


def score_copies(video: DavisVideo, year: Year) -> list[ObjectScores]:
    """Score the simplest result: the first mask, copied onto every frame."""
    first = _labels(video.annotation_paths[0], year)
    scorer = SequenceScorer(first, video.name)
    for path in video.scored_paths:
        scorer.add(first, _labels(path, year))
    return scorer.scores()


def _year(record: BenchmarkRecord) -> Year:
    return 2016 if record.benchmark == "DAVIS-2016" else 2017


def _check(record: BenchmarkRecord, videos: Sequence[DavisVideo], davis: Path, results: Path) -> None:
    noted = results / FACTS
    try:
        facts: Mapping[str, object] = strict_json(read_text(noted))
    except (OSError, ValueError) as error:
        raise InputError(
            f"expected masks of `shls evaluate --davis` in {results}, found no {FACTS}"
        ) from error
    expected = record.model_dump(mode="json", include=set(facts))
    differing = sorted(name for name in facts if facts[name] != expected.get(name))
    if differing:
        raise InputError(
            f"expected the masks of this evaluation in {results}, got those of another "
            f"(other {', '.join(differing)})"
        )
    if material_digest([of_davis(video, _year(record)) for video in videos]) != record.material:
        raise InputError(f"expected the frames and annotations that were evaluated, got others in {davis}")


def _pictures(
    video: DavisVideo, results: Path, year: Year, objects: Sequence[BenchmarkObject]
) -> tuple[Picture, ...]:
    num_frames = len(video.annotation_paths)
    frames = {path.stem: path for path in pictures_in(video.frames)}

    def shown(share: float, number: int) -> Picture:
        path = video.annotation_paths[number]
        frame = decode_image(read_regular(frames[path.stem], LARGEST_PICTURE), max_side=None)
        result = _labels(results / video.name / f"{path.stem}.png", year)
        drawn = compared(frame, result, _labels(path, year))
        scored = _scored(objects, number)
        text = f"Frame {number} of {video.name}, at {share:.0%}, with result and annotation. {scored}"
        return picture(drawn, text, f"{share:.0%} · frame {number} · {scored}")

    return tuple(map(shown, SHARES, pictured_frames(num_frames)))


def _scored(objects: Sequence[BenchmarkObject], number: int) -> str:
    if number == 0:
        return "given"
    j, f = (
        100 * float(np.mean([values[number - 1] for values in frames]))
        for frames in ([one.frame_j for one in objects], [one.frame_f for one in objects])
    )
    return f"J {j:.0f}, F {f:.0f}"


def _labels(path: Path, year: Year) -> npt.NDArray[np.uint8]:
    labels = read_mask(path)
    if year == 2016:
        return (labels > 0).astype(np.uint8)
    return np.where(labels == VOID_LABEL, 0, labels).astype(np.uint8)
