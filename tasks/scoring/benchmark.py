"""The tasks of a benchmark run: segment every video, then score the masks or record a submission."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from shls_core.benchmarks.video import BenchmarkVideo
from shls_core.errors import InputError
from shls_core.files.foreign_file import read_text
from shls_core.files.foreign_json import strict_json
from shls_core.files.videos.video import open_video
from shls_core.files.whole_file import make_folder, write_whole
from shls_core.metrics.scores import global_scores
from storage.canonical import digest_bytes, digest_json
from storage.provenance.code_digest import code_digest
from storage.records.checkpoints import BenchmarkObject, BenchmarkRecord, CheckpointRecord, SubmissionRecord
from storage.records.manifests import get_record, put_record
from storage.store import Store
from tasks.cluster.handshake import JobCode
from tasks.executor import run_jobs
from tasks.runs.device import choose_device, device_kind
from tasks.runs.execution_config import EVALUATE, ExecutionConfig
from tasks.runs.outcomes import BenchmarkOutcome, SubmissionOutcome
from tasks.runs.packages import installed_versions
from tasks.runs.progress import progress
from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest
from tasks.scoring.benchmark_videos import BenchmarkJob, segment_benchmark_video
from tasks.scoring.davis_scoring import score_results, write_tables
from tasks.scoring.segmenter_choice import SegmenterChoice
from tasks.terminal import print_line

FACTS = "evaluation.json"
_ENTRY_MODULES = ("shls_core.propagation.given_masks", "shls_core.files.videos.frame_folder")
_PACKAGES = ("numpy", "opencv-python-headless", "pillow", "scipy", "torch")


@task(cache_policy=NO_CACHE)
def segment_split(
    benchmark: BenchmarkChoice, choice: SegmenterChoice, store: str, execution: ExecutionConfig, out: Path
) -> dict[str, Any]:
    """Write the masks of every video of a split; those of an interrupted run are reused.

    Returns
    -------
    dict
        What decided the masks: the fields of a `SegmentedRecord`.

    Raises
    ------
    InputError
        If `out` holds the masks of another evaluation.
    """
    started = time.monotonic()
    videos = benchmark.videos()
    facts = _facts(benchmark, videos, choice, execution)
    _claim(out, facts)
    device, masks = str(choose_device(execution)), benchmark.masks(out)
    waiting = [video for video in videos if not (masks / video.name).is_dir()]
    num_frames = {video.name: open_video(video.frames).num_frames or 0 for video in waiting}
    # The longest first, so that none is still running when all other workers have finished.
    waiting.sort(key=lambda video: num_frames[video.name], reverse=True)
    jobs = [BenchmarkJob(store, choice, device, video, masks) for video in waiting]
    total, done = sum(num_frames.values()), 0
    each = execution.resources(EVALUATE, on_gpu=device == "cuda")
    modules = (*_ENTRY_MODULES, *choice.how.modules(), segment_benchmark_video.__module__)
    code = JobCode(modules, facts["versions"])
    where = (execution.backend, execution.workers)
    with progress("segment", "frames") as advance:
        for segmented in run_jobs(segment_benchmark_video, jobs, *where, resources=each, code=code):
            done += segmented
            advance(done, total)
    reused = f", {len(videos) - len(waiting)} reused" if len(waiting) < len(videos) else ""
    print_line(f"{'segment':<12} {len(videos):>4} videos{reused}  {time.monotonic() - started:.1f} s")
    return facts


@task(cache_policy=NO_CACHE)
def score_split(
    benchmark: BenchmarkChoice, facts: Mapping[str, Any], store: str, out: Path
) -> BenchmarkOutcome:
    """Score the masks, write the official tables beside them and store a record of the scores."""
    objects = score_results(benchmark.root, out, benchmark.split, benchmark.year)
    write_tables(out, benchmark.split, objects)
    record = BenchmarkRecord(
        **facts,
        scores=_nan_as_none(global_scores(objects).as_dict()),
        objects=tuple(
            BenchmarkObject(
                sequence=one.sequence,
                object_id=one.object_id,
                scores=_nan_as_none(one.scores.as_dict()),
                frame_j=one.frame_j,
                frame_f=one.frame_f,
            )
            for one in objects
        ),
    )
    evaluation = put_record(Store.create(store).objects, record)
    return BenchmarkOutcome(
        evaluation=evaluation,
        checkpoint=record.checkpoint,
        joined_with=record.joined_with,
        masks=str(out),
        scores=record.scores,
    )


@task(cache_policy=NO_CACHE)
def record_submission(
    benchmark: BenchmarkChoice, facts: Mapping[str, Any], store: str, out: Path
) -> SubmissionOutcome:
    """Record which masks a checkpoint made for a server that scores them."""
    opened, folder = Store.create(store), benchmark.masks(out)
    files = {
        f"{video.name}/{name}.png": folder / video.name / f"{name}.png"
        for video in benchmark.videos()
        for name in video.wanted
    }
    record = SubmissionRecord(
        **facts,
        dataset=get_record(opened.objects, facts["checkpoint"], CheckpointRecord).dataset,
        masks=digest_json({name: digest_bytes(path.read_bytes()) for name, path in files.items()}),
        num_masks=len(files),
    )
    return SubmissionOutcome(
        submission=put_record(opened.objects, record),
        checkpoint=record.checkpoint,
        joined_with=record.joined_with,
        dataset=record.dataset,
        masks=str(folder),
        num_masks=record.num_masks,
    )


def _facts(
    benchmark: BenchmarkChoice,
    videos: Sequence[BenchmarkVideo],
    choice: SegmenterChoice,
    execution: ExecutionConfig,
) -> dict[str, Any]:
    return {
        "checkpoint": choice.checkpoint,
        **({"joined_with": choice.joined_with} if choice.joined_with is not None else {}),
        "benchmark": benchmark.name,
        "split": benchmark.split,
        "material": material_digest(videos),
        "configuration": choice.facts(),
        "code_digest": code_digest(*_ENTRY_MODULES, *choice.how.modules()),
        "versions": installed_versions((*_PACKAGES, *choice.how.packages())),
        "device_kind": device_kind(choose_device(execution)),
    }


def _claim(out: Path, facts: Mapping[str, Any]) -> None:
    """Write into a folder what its masks are made with; raise if it has masks made with something else."""
    path = out / FACTS
    if path.is_file():
        try:
            recorded = strict_json(read_text(path))
        except (OSError, ValueError) as error:
            raise InputError(f"expected what the masks in {out} were made with in {path}: {error}") from error
        known = recorded if isinstance(recorded, dict) else {}
        names = facts.keys() | known.keys()
        differing = sorted(name for name in names if known.get(name) != facts.get(name))
        if differing:
            raise InputError(
                f"expected an --out without masks of another evaluation, got {out}, which has some "
                f"(other {', '.join(differing)})"
            )
        return
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"expected an empty folder for masks, got {out}, which holds other files")
    make_folder(out)
    write_whole(path, json.dumps(facts, indent=2).encode())


def _nan_as_none(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in scores.items()}
