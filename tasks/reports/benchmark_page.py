"""The page of an evaluation on a benchmark: scores, comparison, and every video, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from shls_core.metrics.scores import SCORE_NAMES, ObjectScores, global_scores
from storage.records.checkpoints import BenchmarkObject, BenchmarkRecord, CheckpointRecord
from tasks.reports.charts import Curve, CurveChart, curve_chart
from tasks.reports.colours import object_rules
from tasks.reports.comparison import Group, Row, beside_published, this_row
from tasks.reports.making import Fact, benchmark_commands, configuration, facts
from tasks.reports.page import counted, render_page
from tasks.reports.pictures import Picture, pictured_frames
from tasks.reports.spread import SpreadChart, spread_chart

_UNSCORED_FRAMES = 2  # the first and the last


@dataclass(frozen=True)
class Material:
    """What the record does not contain: pictures, and the scores of copying the first mask.

    Attributes
    ----------
    pictures : mapping
        By video.
    copied : sequence of ObjectScores
        Of every object, with the first mask on every frame.
    """

    pictures: Mapping[str, tuple[Picture, ...]]
    copied: Sequence[ObjectScores]


@dataclass(frozen=True)
class ObjectRow:
    """A row of the table of objects; scores under their official names."""

    video: int
    sequence: str
    object_id: int
    num_frames: int
    scores: Mapping[str, float | None]


@dataclass(frozen=True)
class VideoSection:
    """One video; scores are means over its objects."""

    number: int
    name: str
    num_frames: int
    object_ids: tuple[int, ...]
    jf_mean: float
    j_mean: float
    f_mean: float
    copied_jf_mean: float | None
    charts: tuple[CurveChart, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class BenchmarkPage:
    """What the template shows."""

    benchmark: str
    split: str
    counted: str
    scores: Mapping[str, float | None]
    spread: SpreadChart
    columns: tuple[str, ...]
    caution: str | None
    groups: tuple[Group, ...]
    objects: tuple[ObjectRow, ...]
    videos: tuple[VideoSection, ...]
    has_pictures: bool
    has_copy: bool
    facts: tuple[Fact, ...]
    commands: tuple[str, ...]
    configuration: str


def benchmark_page(
    evaluation: str, record: BenchmarkRecord, trained: CheckpointRecord, material: Material | None = None
) -> bytes:
    """Return the page as HTML; the same arguments give the same bytes.

    Parameters
    ----------
    evaluation
        Id of `record`.
    record
        The evaluation.
    trained
        The checkpoint it is of.
    material
        Pictures and the baseline; without it, the page has the record's figures and curves alone.
    """
    copied = {(one.sequence, one.object_id): one for one in material.copied} if material else {}
    by_video = [(name, list(found)) for name, found in groupby(record.objects, key=lambda one: one.sequence)]
    videos = [
        _video(number, name, objects, copied, material.pictures.get(name, ()) if material else ())
        for number, (name, objects) in enumerate(by_video, 1)
    ]
    numbers = {video.name: video.number for video in videos}
    rows = [
        ObjectRow(numbers[one.sequence], one.sequence, one.object_id, _num_frames(one), one.scores)
        for one in record.objects
    ]
    measured: tuple[Row, ...] = (
        this_row(_jf(record.scores), record.checkpoint, joined_with=record.joined_with),
    )
    if material:
        jf_mean = global_scores(material.copied).jf_mean
        measured += (Row("copy the first mask", jf_mean, "measured with this evaluation", "same-videos"),)
    groups, caution = beside_published(measured, record.benchmark, record.split, len(videos))
    page = BenchmarkPage(
        benchmark=record.benchmark,
        split=record.split,
        counted=_counted(record, len(videos)),
        scores=record.scores,
        spread=spread_chart([(f"{row.sequence} {row.object_id}", _jf(row.scores)) for row in rows]),
        columns=SCORE_NAMES[1:],
        caution=caution,
        groups=groups,
        objects=tuple(sorted(rows, key=lambda row: _jf(row.scores))),
        videos=tuple(sorted(videos, key=lambda video: video.jf_mean)),
        has_pictures=any(video.pictures for video in videos),
        has_copy=bool(copied),
        facts=facts(evaluation, record, trained),
        commands=benchmark_commands(record, trained),
        configuration=configuration(record, trained),
    )
    return render_page("benchmark.html", rules=object_rules(row.object_id for row in rows), page=page)


def _video(
    number: int,
    name: str,
    objects: Sequence[BenchmarkObject],
    copied: Mapping[tuple[str, int], ObjectScores],
    pictures: tuple[Picture, ...],
) -> VideoSection:
    num_frames = _num_frames(objects[0])
    baseline = [copied[name, one.object_id] for one in objects if (name, one.object_id) in copied]

    def chart(measure: str, own: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> CurveChart:
        curves = [
            Curve(f"object {one.object_id}", f"object-{one.object_id}", values)
            for one, values in zip(objects, own, strict=True)
        ]
        if others:
            # One line for all objects: it is only a reference.
            curves.insert(0, Curve("copy the first mask", "copied", np.mean(others, axis=0).tolist()))
        return curve_chart(measure, curves, num_frames, pictured_frames(num_frames) if pictures else ())

    return VideoSection(
        number=number,
        name=name,
        num_frames=num_frames,
        object_ids=tuple(one.object_id for one in objects),
        jf_mean=_mean(objects, "J&F-Mean"),
        j_mean=_mean(objects, "J-Mean"),
        f_mean=_mean(objects, "F-Mean"),
        copied_jf_mean=global_scores(baseline).jf_mean if baseline else None,
        charts=(
            chart("J", [one.frame_j for one in objects], [one.frame_j for one in baseline]),
            chart("F", [one.frame_f for one in objects], [one.frame_f for one in baseline]),
        ),
        pictures=pictures,
    )


def _num_frames(one: BenchmarkObject) -> int:
    return len(one.frame_j) + _UNSCORED_FRAMES


def _mean(objects: Sequence[BenchmarkObject], name: str) -> float:
    return float(np.mean([one.scores[name] for one in objects]))


def _jf(scores: Mapping[str, float | None]) -> float:
    value = scores["J&F-Mean"]
    assert value is not None  # a mean over at least one frame
    return value


def _counted(record: BenchmarkRecord, num_videos: int) -> str:
    num_frames = sum({one.sequence: len(one.frame_j) for one in record.objects}.values())
    return ", ".join(
        (
            counted(num_videos, "video"),
            counted(len(record.objects), "object"),
            counted(num_frames, "scored frame"),
        )
    )
