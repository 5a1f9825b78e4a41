"""The tasks of a benchmark run: segment every video, then score the masks and keep the result."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from shls_core.davis.layout import DavisVideo, Year, davis_split
from shls_core.errors import InputError
from shls_core.metrics.scores import global_scores
from shls_core.whole_file import write_whole
from storage.canonical import digest_bytes, digest_json
from storage.code_digest import code_digest
from storage.environment import faiss_package, package_versions
from storage.learned import BenchmarkObject, BenchmarkRecord
from storage.manifest import put_record
from storage.store import Store
from tasks.benchmark_videos import BenchmarkJob, SegmenterChoice, segment_benchmark_video
from tasks.checkpoints import choose_device, device_kind
from tasks.davis_scoring import score_results, write_tables
from tasks.execution_config import ExecutionConfig
from tasks.executor import run_jobs
from tasks.outcomes import BenchmarkOutcome
from tasks.progress import progress
from tasks.terminal import tell

FACTS = "evaluation.json"
_ENTRY_MODULES = ("shls_core.propagation.video_segmenter", "shls_core.propagation.propagator")
_PACKAGES = ("numpy", "opencv-python-headless", "torch")


@task(cache_policy=NO_CACHE)
def segment_split(
    davis: Path,
    split: str,
    year: Year,
    choice: SegmenterChoice,
    store: str,
    execution: ExecutionConfig,
    out: Path,
) -> dict[str, Any]:
    """Write the masks of every video of a split; those of an interrupted run are kept.

    Returns
    -------
    dict
        What decided the masks: fields of the `BenchmarkRecord` to come.

    Raises
    ------
    InputError
        If `out` holds the masks of another evaluation.
    """
    started = time.monotonic()
    videos = davis_split(davis, split, year)
    facts = _facts(videos, split, year, choice, execution)
    _claim(out, facts)
    device = str(choose_device(execution))
    waiting = [video for video in videos if not (out / video.name).is_dir()]
    # The longest first, so that no worker is left alone with one.
    waiting.sort(key=lambda video: len(video.annotation_paths), reverse=True)
    jobs = [BenchmarkJob(store, choice, device, video, year, out) for video in waiting]
    total, done = sum(len(video.annotation_paths) for video in waiting), 0
    with progress("segment", "frames") as advance:
        for num_frames in run_jobs(segment_benchmark_video, jobs, execution.backend, execution.workers):
            done += num_frames
            advance(done, total)
    kept = f", {len(videos) - len(waiting)} there already" if len(waiting) < len(videos) else ""
    tell(f"{'segment':<12} {len(videos):>4} videos{kept}  {time.monotonic() - started:.1f} s")
    return facts


@task(cache_policy=NO_CACHE)
def score_split(
    davis: Path, split: str, year: Year, facts: Mapping[str, Any], store: str, out: Path
) -> BenchmarkOutcome:
    """Score the masks, write the official tables beside them and keep all of it as a record."""
    objects = score_results(davis, out, split, year)
    write_tables(out, split, objects)
    record = BenchmarkRecord(
        **facts,
        scores=_spelled(global_scores(objects).as_dict()),
        objects=tuple(
            BenchmarkObject(
                sequence=one.sequence,
                object_id=one.object_id,
                scores=_spelled(one.scores.as_dict()),
                frame_j=one.frame_j,
                frame_f=one.frame_f,
            )
            for one in objects
        ),
    )
    evaluation = put_record(Store.create(store).objects, record)
    return BenchmarkOutcome(
        evaluation=evaluation, checkpoint=record.checkpoint, masks=str(out), scores=record.scores
    )


def _facts(
    videos: Sequence[DavisVideo], split: str, year: Year, choice: SegmenterChoice, execution: ExecutionConfig
) -> dict[str, Any]:
    return {
        "checkpoint": choice.checkpoint,
        "benchmark": f"DAVIS-{year}",
        "split": split,
        "material": material_digest(videos),
        "configuration": {
            "memory": choice.memory.model_dump(mode="json"),
            "superpixels": choice.superpixels.model_dump(mode="json"),
            "num_superpixels": choice.num_superpixels,
            "max_side": choice.max_side,
        },
        "code_digest": code_digest(*_ENTRY_MODULES),
        "versions": package_versions((faiss_package(), *_PACKAGES)),
        "device_kind": device_kind(choose_device(execution)),
    }


def material_digest(videos: Sequence[DavisVideo]) -> str:
    """Digest every file that the masks and their scores depend on."""
    files = {
        f"{video.name}/{path.name}": digest_bytes(path.read_bytes())
        for video in videos
        for path in (*video.annotation_paths, *video.frames.glob("*.jpg"))
    }
    return digest_json(files)


def _claim(out: Path, facts: Mapping[str, Any]) -> None:
    """Note in a folder what its masks are made with; refuse one whose masks are made with something else."""
    path = out / FACTS
    if path.is_file():
        there = json.loads(path.read_text(encoding="utf-8"))
        differing = sorted(name for name in facts if there.get(name) != facts[name])
        if differing:
            raise InputError(
                f"expected an --out without masks of another evaluation, got {out}, which has some "
                f"(other {', '.join(differing)})"
            )
        return
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"expected an empty folder for masks, got {out}, which holds other files")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(facts, indent=2).encode())


def _spelled(scores: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in scores.items()}
