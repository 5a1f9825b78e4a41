"""Checks whether the videos of a score are still those that were scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shls_core.benchmarks.davis.layout import Year
from shls_core.errors import InputError, ObjectCorrupted, ObjectMissing
from storage.canonical import short
from storage.kinds import RecordKind
from storage.objects.objects import ObjectStore
from storage.records.checkpoints import BenchmarkRecord, SegmentedRecord, SubmissionRecord
from storage.records.links import read_links
from storage.records.manifests import get_record
from storage.verification.problems import VIDEOS, Problem, about_object
from tasks.scoring.benchmark_choice import BenchmarkChoice, BenchmarkFormat, material_digest

Compared = Literal["as recorded", "changed", "not looked at"]
_RECORDS: Mapping[str, type[SegmentedRecord]] = {
    RecordKind.BENCHMARK: BenchmarkRecord,
    RecordKind.SUBMISSION: SubmissionRecord,
}
_YEARS: Mapping[str, Year] = {"DAVIS-2016": 2016, "DAVIS-2017": 2017}


@dataclass(frozen=True)
class VideosOfScore:
    """The videos of one benchmark or submission."""

    score: str
    benchmark: str
    split: str
    compared: Compared
    problem: Problem | None = None


def compare_videos(
    objects: ObjectStore, scores: Sequence[str], roots: Mapping[BenchmarkFormat, Path]
) -> list[VideosOfScore]:
    """Compare the videos of every score on a benchmark with its record, if their folder was given.

    Parameters
    ----------
    objects
        Where the records of the scores are.
    scores
        Ids of evaluations, benchmarks and submissions; an evaluation is of a dataset in the store.
    roots
        Where the videos are, by their layout.
    """
    found = []
    digests: dict[BenchmarkChoice, str | InputError] = {}
    for score in scores:
        record = _record(objects, score)
        if record is not None:
            found.append(_compared(score, record, _choice(record, roots), digests))
    return found


def _record(objects: ObjectStore, score: str) -> SegmentedRecord | None:
    try:
        links = read_links(objects, score)
        model = _RECORDS.get(links.kind or "") if links else None
        return get_record(objects, score, model) if model else None
    except (ObjectMissing, ObjectCorrupted):  # reported already
        return None


def _choice(record: SegmentedRecord, roots: Mapping[BenchmarkFormat, Path]) -> BenchmarkChoice | None:
    layout: BenchmarkFormat = "davis" if record.benchmark in _YEARS else "youtube-vos"
    if layout not in roots:
        return None
    return BenchmarkChoice(layout, roots[layout], record.split, _YEARS.get(record.benchmark, 2017))


def _compared(
    score: str,
    record: SegmentedRecord,
    choice: BenchmarkChoice | None,
    digests: dict[BenchmarkChoice, str | InputError],
) -> VideosOfScore:
    if choice is None:
        return VideosOfScore(score, record.benchmark, record.split, "not looked at")
    if choice not in digests:
        digests[choice] = _digest(choice)
    digest = digests[choice]
    if digest == record.material:
        return VideosOfScore(score, record.benchmark, record.split, "as recorded")
    part_of = f"score {short(score)}… ({record.benchmark}, {record.split})"
    what = (
        str(digest)
        if isinstance(digest, InputError)
        else (f"it was made of videos {short(record.material)}…, those given are {short(digest)}…")
    )
    problem = about_object(VIDEOS, score, part_of, what)
    return VideosOfScore(score, record.benchmark, record.split, "changed", problem)


def _digest(choice: BenchmarkChoice) -> str | InputError:
    try:
        return material_digest(choice.videos())
    except InputError as error:  # a video or a list of them is not there
        return error
