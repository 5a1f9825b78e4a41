"""Measuring a reader of batches: wall time, and the CPU time of the reader and its workers.

Training waits for wall time; CPU time stays comparable on a machine that others use, too.
"""

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Batches = Generator[dict[str, Any], None, None]
Start = Callable[[int], Batches]
"""From the seed of the order to batches, epoch after epoch without end."""

WORKER_QUIT_SECONDS = 10
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Times:
    """How long a reader took, in seconds; all but the first field per sample."""

    first_batch: float
    """From nothing open to the first batch."""
    epoch: float
    """Per sample of the first epoch, including opening."""
    epoch_cpu: float
    """The same in CPU time of this process and its workers."""
    steady: float
    """Per sample of the second epoch, from its second batch on."""
    steady_cpu: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment: clock time, and the CPU time spent so far."""

    clock: float
    cpu: float

    @staticmethod
    def now() -> "Moment":
        """Return this moment."""
        return Moment(time.perf_counter(), cpu_seconds())


def cpu_seconds() -> float:
    """Return the CPU time of this process, its threads, and its workers, ended or running."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + gone.ru_utime + gone.ru_stime + sum(map(_cpu_of, _workers()))


def measured(start: Start, seed: int, num_samples: int, num_steady: int) -> Times:
    """Read an epoch of `num_samples`, and `num_steady` samples of the next one."""
    began = Moment.now()
    with closing(start(seed)) as batches:
        seen = len(next(batches)["numbers"])
        first = Moment.now()
        _read(batches, num_samples - seen)
        ended = Moment.now()
        next(batches)
        steady = Moment.now()
        count = _read(batches, num_steady)
        last = Moment.now()
    wait_for_workers()
    return Times(
        first_batch=first.clock - began.clock,
        epoch=(ended.clock - began.clock) / num_samples,
        epoch_cpu=(ended.cpu - began.cpu) / num_samples,
        steady=(last.clock - steady.clock) / count,
        steady_cpu=(last.cpu - steady.cpu) / count,
    )


def wait_for_workers() -> None:
    """Wait until the workers of a closed reader have ended, so that the next reader has the machine."""
    for worker in multiprocessing.active_children():
        worker.join(WORKER_QUIT_SECONDS)


def median_and_range(values: Sequence[float], digits: int = 2) -> str:
    """Format as ``median (smallest-largest)``."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Format theirs divided by ours: of the medians, and the range over repeats."""
    pairs = [their / our for our, their in zip(ours, theirs, strict=True)]
    middle = statistics.median(theirs) / statistics.median(ours)
    return f"{middle:.2f} ({min(pairs):.2f}-{max(pairs):.2f})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _read(batches: Batches, num_samples: int) -> int:
    count = 0
    while count < num_samples:
        count += len(next(batches)["numbers"])
    return count


def _workers() -> list[int]:
    return [worker.pid for worker in multiprocessing.active_children() if worker.pid is not None]


def _cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_SECONDS
