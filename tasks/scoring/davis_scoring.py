"""Scoring a folder of results by the DAVIS protocol, several videos at a time."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from shls_core.benchmarks.davis.layout import Year, davis_split, result_paths
from shls_core.benchmarks.davis.scoring import VideoToScore, score_video
from shls_core.benchmarks.davis.tables import (
    GLOBAL_TABLE,
    PER_SEQUENCE_TABLE,
    global_table,
    per_sequence_table,
)
from shls_core.errors import InputError, WorkerLost
from shls_core.files.whole_file import write_whole
from shls_core.metrics.scores import ObjectScores, global_scores
from tasks.terminal import terminal_progress


def score_results(
    davis: Path, results: Path, split: str, year: Year = 2017, workers: int | None = None
) -> list[ObjectScores]:
    """Score every object of every video of a split.

    Parameters
    ----------
    davis
        Root of the benchmark: annotations and lists of videos.
    results
        A folder per video, in it a mask per frame under the annotation's file name.
    split
        ``val``, ``train``, …
    year
        2016: one object per video, all labels but 0. 2017: objects by label.
    workers
        Processes; by default one per core. The scores do not depend on it.

    Returns
    -------
    list of ObjectScores
        In the order of the split's videos, then of the labels.

    Raises
    ------
    InputError
        If anything is missing or does not fit; what is missing is found before any work is done.
    """
    if not results.is_dir():
        raise InputError(f"expected a folder of results, found none at {results}")
    jobs = [
        VideoToScore(video, result_paths(results, video), year) for video in davis_split(davis, split, year)
    ]
    scores: dict[str, list[ObjectScores]] = {}
    total = sum(len(job.result_paths) for job in jobs)
    with terminal_progress("score", "frames") as advance:
        done = 0
        for job, found in _scored(jobs, workers or os.cpu_count() or 1):
            scores[job.video.name] = found
            done += len(job.result_paths)
            advance(done, total)
    return [one for job in jobs for one in scores[job.video.name]]


def write_tables(folder: Path, split: str, objects: Sequence[ObjectScores]) -> None:
    """Write the evaluator's two files, instead of those of an earlier run."""
    texts = {
        GLOBAL_TABLE: global_table(global_scores(objects)),
        PER_SEQUENCE_TABLE: per_sequence_table(objects),
    }
    for name, text in texts.items():
        write_whole(folder / name.format(split=split), text.encode())


def _scored(jobs: Sequence[VideoToScore], workers: int) -> Iterator[tuple[VideoToScore, list[ObjectScores]]]:
    """Yield the videos as they are done; the longest start first, so that none is left for the end."""
    by_length = sorted(jobs, key=lambda job: len(job.result_paths), reverse=True)
    if workers == 1 or len(jobs) == 1:
        for job in by_length:
            yield job, score_video(job)
        return
    # New processes: a fork of a process with threads may wait for ever.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        waiting = {pool.submit(score_video, job): job for job in by_length}
        try:
            for finished in as_completed(waiting):
                yield waiting[finished], finished.result()
        except BrokenProcessPool as error:
            raise WorkerLost("a process that scored a video was killed") from error
        finally:
            pool.shutdown(cancel_futures=True)
