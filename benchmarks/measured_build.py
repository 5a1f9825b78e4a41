"""`shls dataset build` that measures the making of shards: ``measured_build.py TIMES [options]``.

Writes to TIMES, for every stage: ``span``, the seconds from the first shard submitted to the last one
returned, and ``busy``, the seconds that all workers together spent making shards.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tasks import executor
from tasks.cluster.pool import pool
from tasks.runs.execution_config import StageResources
from tasks.runs.worker_range import worker_range
from tasks.staging import build_stage

_times: dict[str, dict[str, float]] = {}


def run_jobs_timed(
    work: Callable[[Any], Any], jobs: Sequence[Any], backend: Any, workers: int | str, **more: Any
) -> Iterator[Any]:
    """Yield what `run_jobs` yields and record how long it took."""
    if not jobs:
        return
    if backend == "ray":  # joining a cluster and starting workers is not making shards
        pool.started(worker_range(workers), StageResources())
    started, busy = time.monotonic(), 0.0

    def timed(job: Any) -> tuple[Any, float]:
        began = time.monotonic()
        return work(job), time.monotonic() - began

    for result, seconds in executor.run_jobs(timed, jobs, backend, workers, **more):
        busy += seconds
        _times[jobs[0].stage.name] = {"span": time.monotonic() - started, "busy": busy}
        yield result


if __name__ == "__main__":
    times = Path(sys.argv.pop(1))
    build_stage.run_jobs = run_jobs_timed
    from flows.cli.app import app

    sys.argv[1:1] = ["dataset", "build"]
    try:
        app()
    finally:
        times.write_text(json.dumps(_times), encoding="utf-8")
