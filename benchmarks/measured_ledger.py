"""Steps of `benchmarks/scale.py` about a ledger: what one more entry costs, and a list of all names.

One entry in four publishes a version. The entries before those that are measured are appended by one writer
that remembers what it wrote: they are the same rows and files, in a tenth of the time.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from storage.canonical import digest_bytes
from storage.provenance.environment import Environment, current_environment
from storage.store import Store
from storage.tables import sealed
from storage.tables.append_only import AppendOnlyTable
from storage.tables.ledger import Run

NAME, APPENDS, PUBLISHES = "scale", 20, 4
COMMANDS: Mapping[str, tuple[str, ...]] = {"dataset list": ("dataset", "list"), "status": ("status",)}


def step_fill(place: Path, count: int) -> dict[str, Any]:
    """Append entries until there are as many."""
    store, environment = Store.create(place), current_environment()
    with sole_writer():
        for number in range(len(store.ledger.runs()), count):
            _append(store, number, environment)
    return {"entries": count}


@contextmanager
def sole_writer() -> Iterator[None]:
    """Let tables remember their rows between appends: nobody else may write."""
    read, seal = AppendOnlyTable._opened, AppendOnlyTable._seal
    kept: dict[AppendOnlyTable, Any] = {}

    def opened(table: AppendOnlyTable) -> Any:
        if table not in kept:
            kept[table] = read(table)
        return kept[table]

    def sealed_or_kept(table: AppendOnlyTable, known: Any, row: dict[str, Any]) -> None:
        seal(table, known, row)
        if known.delta is not None or len(known.rows.tail) + 1 >= sealed.ROWS:
            del kept[table]
        else:
            known.rows.tail.append(row)

    with patch.multiple(AppendOnlyTable, _opened=opened, _seal=sealed_or_kept):
        yield


def step_append(place: Path, count: int) -> dict[str, Any]:
    """Append entries, each by a store opened anew, as commands are; the figures are those of the median."""
    assert len(Store.open(place).ledger.runs()) >= count
    environment = current_environment()
    taken = [_append(Store.open(place), number, environment) for number in range(count, count + APPENDS)]
    cpu, wall = (statistics.median(one[kind] for one in taken) for kind in (0, 1))
    return {"cpu_seconds": cpu, "wall_seconds": wall, "most_seconds": max(one[1] for one in taken)}


def step_command(name: str, place: Path, count: int) -> dict[str, Any]:
    """Run a command of the project that reads a table of `count` entries, its start and imports included."""
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


def _append(store: Store, number: int, environment: Environment) -> tuple[float, float]:
    """Record a run, of one in four after its version, and return the CPU and wall seconds of the record."""
    digest = digest_bytes(str(number).encode())
    name = store.names.publish(NAME, digest) if number % PUBLISHES == 0 else None
    run = Run(
        run_id=f"scale-{number}",
        kind="dataset",
        status="completed",
        started_at=datetime.now(UTC),
        seconds=1.0,
        configuration={"number": number},
        outputs=[digest],
        verdict="passed",
        details={"name": name} if name else {},
    )
    cpu, wall = time.process_time(), time.perf_counter()
    store.ledger.record(run, environment)
    return time.process_time() - cpu, time.perf_counter() - wall
