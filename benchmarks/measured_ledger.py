"""Steps of `benchmarks/scale.py` about a ledger: what one more entry costs, and a list of all names.

Every entry publishes a version, so both tables have as many rows as the ledger has entries.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage.canonical import digest_bytes
from storage.provenance.environment import Environment, current_environment
from storage.store import Store
from storage.tables.ledger import Run

NAME, APPENDS = "scale", 20
COMMANDS: Mapping[str, tuple[str, ...]] = {"dataset list": ("dataset", "list"), "status": ("status",)}


def step_fill(place: Path, count: int) -> dict[str, Any]:
    """Append entries until there are as many."""
    _appended(place, count - _length(place))
    return {"entries": count}


def step_append(place: Path, count: int) -> dict[str, Any]:
    """Append entries, each by a store opened anew, as commands are; the figures are those of the median."""
    assert _length(place) >= count
    environment = current_environment()
    taken = [_append(place, number, environment) for number in range(count, count + APPENDS)]
    cpu, wall = (statistics.median(one[kind] for one in taken) for kind in (0, 1))
    return {"cpu_seconds": cpu, "wall_seconds": wall, "most_seconds": max(one[1] for one in taken)}


def step_command(place: Path, name: str) -> dict[str, Any]:
    """Run a command of the project that reads a table, its start and imports included."""
    script = "from flows.cli.app import app; app()"
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", script, *COMMANDS[name], "--store", str(place)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_seconds": cpu, "wall_seconds": wall, "peak_bytes": after.ru_maxrss * 1024}


def _length(place: Path) -> int:
    return len(Store.create(place).ledger.runs())


def _appended(place: Path, more: int) -> None:
    environment = current_environment()
    begin = _length(place)
    for number in range(begin, begin + more):
        _append(place, number, environment)


def _append(place: Path, number: int, environment: Environment) -> tuple[float, float]:
    """Publish a version, record a run, and return the CPU and the wall seconds of the record alone."""
    store = Store.open(place)
    digest = digest_bytes(str(number).encode())
    name = store.names.publish(NAME, digest)
    run = Run(
        run_id=f"scale-{number}",
        kind="dataset",
        status="completed",
        started_at=datetime.now(UTC),
        seconds=1.0,
        configuration={"number": number},
        outputs=[digest],
        verdict="passed",
        details={"name": name},
    )
    cpu, wall = time.process_time(), time.perf_counter()
    store.ledger.record(run, environment)
    return time.process_time() - cpu, time.perf_counter() - wall
