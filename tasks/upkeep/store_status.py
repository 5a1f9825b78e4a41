"""The status of a store: jobs at work, names and their last verdicts, its size, what the last runs took."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from storage.files.free_space import free_bytes
from storage.files.inventory import list_files
from storage.files.jobs import running_marks
from storage.kinds import RunKind
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.names import TAGGED
from tasks.runs.usage import recorded_usage


class StatusPart(BaseModel):
    """A part of a status."""

    model_config = ConfigDict(frozen=True)


class Job(StatusPart):
    """A job at work in the store."""

    kind: str
    user: str | None
    host: str
    process: int
    since: datetime


class LastRun(StatusPart):
    """A run that ended; figures are None where they were not measured."""

    number: int
    run_id: str
    kind: str
    name: str | None
    """Of a dataset run: the name of its configuration."""
    status: str
    error: str | None
    started_at: str
    seconds: float
    cpu_seconds: float | None
    peak_bytes: int | None
    read_bytes: int | None
    written_bytes: int | None


class NamedDataset(StatusPart):
    """A name under which datasets are published, and the last run for it."""

    name: str
    newest: str
    """``NAME@vN``."""
    dataset: str
    published_at: str
    """Since when the name means it, UTC."""
    confirmed_at: str | None
    """Start of the last run that found it to be what its configuration and its folder give."""
    last_run_at: str | None
    last_run: str | None
    """``completed`` or ``failed``."""
    verdict: str | None
    """Of the gate in the last run; None if it did not come to that."""
    drift: str | None
    """What became of drift in the last run: ``held back``, for example."""
    error: str | None


class StoreSize(StatusPart):
    """What a store holds, in bytes."""

    bytes: int
    parts: dict[str, int]
    """By folder of the store."""
    num_objects: int
    bytes_free: int | None
    """On the disk of the store; None if there is no such limit."""


class StoreStatus(StatusPart):
    """All of it."""

    store: str
    jobs: tuple[Job, ...]
    names: tuple[NamedDataset, ...]
    size: StoreSize
    runs: tuple[LastRun, ...]
    """Newest first."""


def store_status(store: Store, num_runs: int) -> StoreStatus:
    """Read the status of a store; nothing is written.

    Parameters
    ----------
    store
        An open store.
    num_runs
        How many of the last runs are listed.
    """
    runs = store.ledger.runs()
    return StoreStatus(
        store=store.location,
        jobs=tuple(
            Job(kind=one.kind, user=one.user, host=one.host, process=one.pid, since=one.started_at)
            for one in running_marks(store.backend)
        ),
        names=_names(store.names.rows(), runs),
        size=_size(store),
        runs=tuple(_last_run(run) for run in reversed(runs[-num_runs:] if num_runs else ())),
    )


def name_of(run: Row) -> str | None:
    """Return the name of the configuration of a dataset run; None for other runs."""
    name = json.loads(run["configuration"]).get("name") if run["kind"] == RunKind.DATASET else None
    return None if name is None else str(name)


def _names(rows: Sequence[Row], runs: Sequence[Row]) -> tuple[NamedDataset, ...]:
    newest = {row["name"]: row for row in rows if row["kind"] != TAGGED}
    of_name: dict[str, list[Row]] = {}
    for run in runs:
        if (name := name_of(run)) is not None:
            of_name.setdefault(name, []).append(run)
    return tuple(_named(row, of_name.get(name, ())) for name, row in sorted(newest.items()))


def _named(row: Row, runs: Sequence[Row]) -> NamedDataset:
    last = runs[-1] if runs else None
    confirmed = [
        run["started_at"] for run in runs if run["status"] == "completed" and row["digest"] in run["outputs"]
    ]
    drift: Mapping[str, Any] = json.loads(last["details"]).get("drift") or {} if last else {}
    return NamedDataset(
        name=row["name"],
        newest=f"{row['name']}@v{row['version']}",
        dataset=row["digest"],
        published_at=row["named_at"],
        confirmed_at=confirmed[-1] if confirmed else None,
        last_run_at=last["started_at"] if last else None,
        last_run=last["status"] if last else None,
        verdict=last["verdict"] if last else None,
        drift=drift.get("verdict"),
        error=last["error"] if last else None,
    )


def _size(store: Store) -> StoreSize:
    parts: Counter[str] = Counter()
    num_objects = 0
    for path, size, _ in list_files(store.backend):
        folder = path.partition("/")[0]
        parts[folder] += size
        num_objects += folder == "objects"
    return StoreSize(
        bytes=parts.total(),
        parts=dict(sorted(parts.items(), key=lambda item: -item[1])),
        num_objects=num_objects,
        bytes_free=free_bytes(store.location),
    )


def _last_run(run: Row) -> LastRun:
    usage = recorded_usage(json.loads(run["details"]))
    facts = ("number", "run_id", "kind", "status", "error", "started_at", "seconds")
    figures = ("cpu_seconds", "peak_bytes", "read_bytes", "written_bytes")
    return LastRun(
        **{name: run[name] for name in facts},
        **{name: getattr(usage, name, None) for name in figures},
        name=name_of(run),
    )
