"""Marks of running jobs: nothing is removed from a store while a job uses it.

A job writes a mark before it reads or makes anything, and only then looks for a running removal. A removal
(a garbage collection or a purge) writes its own mark first, and only then looks for jobs. In any order of
these steps, at least one of the two sees the other: a job waits, a removal gives up.

A mark whose process has ended is ignored. On the same machine, the process is looked up. On another machine,
a mark that was not renewed for ten minutes, by the clock of the store, counts as dead.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore.store import ObjectStore as Backend
from pydantic import BaseModel, ConfigDict, ValidationError

from shls_core.errors import ObjectMissing, StoreBusy, StoreError
from storage.files.failures import store_errors
from storage.files.inventory import list_files
from storage.files.reading import read
from storage.files.writing import write
from storage.kinds import RunKind
from storage.provenance.environment import user_name

_REMOVALS: Mapping[str, str] = {
    RunKind.COLLECT: "it removes what nothing reaches",
    RunKind.PURGE: "it erases photographs that were withdrawn",
}
"""The kinds of jobs that need the store for themselves, and what they do in it."""
RENEWED_EVERY_SECONDS = 60.0
DEAD_AFTER = timedelta(minutes=10)
WAIT_SECONDS = 900.0
_LOOK_SECONDS = 0.2


class Mark(BaseModel):
    """What a running job records about itself."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    kind: str
    """The kind of run, as in the ledger."""
    user: str | None
    host: str
    machine: str | None
    """Host and process namespace in which `pid` identifies the process; None if they are unknown."""
    pid: int
    process_started: str | None
    """When the process started, in kernel ticks: a later process may get the same `pid`."""
    started_at: datetime

    def __str__(self) -> str:
        since = self.started_at.strftime("%Y-%m-%d %H:%M:%S")
        return (
            f"{self.kind} by {self.user or 'someone'} on {self.host} (process {self.pid}) since {since} UTC"
        )


@dataclass(frozen=True)
class _MarkFile:
    path: str
    mark: Mark | None
    """None if the file cannot be parsed."""
    renewed_at: datetime

    def __str__(self) -> str:
        return str(self.mark or self.path)


@contextmanager
def running_job(
    backend: Backend,
    kind: str,
    run_id: str | None = None,
    on_wait: Callable[[str], None] = lambda line: None,
    wait_seconds: float = WAIT_SECONDS,
) -> Iterator[Mark]:
    """Mark the block as a job; wait first while a removal is running.

    Parameters
    ----------
    backend
        The store.
    kind
        The kind of job.
    run_id
        Its id in the ledger, if it is to have an entry there.
    on_wait
        Called once with a line that describes what the job waits for.
    wait_seconds
        Longest time to wait.

    Raises
    ------
    StoreBusy
        If the removal takes longer than that.
    """
    with _marked(backend, kind, run_id) as mark:
        deadline = time.monotonic() + wait_seconds
        is_reported = False
        while removing := [job for job in _others(backend, mark) if _kind(job) in _REMOVALS]:
            line = f"waiting for {removing[0]} to finish: {_REMOVALS[_kind(removing[0])]}"
            if time.monotonic() > deadline:
                raise StoreBusy(f"gave up {line}")
            if not is_reported:
                on_wait(line)
                is_reported = True
            time.sleep(_LOOK_SECONDS)
        yield mark


@contextmanager
def exclusive_removal(
    backend: Backend, kind: str = RunKind.COLLECT, run_id: str | None = None
) -> Iterator[Mark]:
    """Mark the block as a removal: a garbage collection or a purge.

    Raises
    ------
    StoreBusy
        Before the block, if a job or another removal is running.
    """
    assert kind in _REMOVALS, f"jobs would not wait for a {kind}"
    with _marked(backend, kind, run_id) as mark:
        if others := _others(backend, mark):
            raise StoreBusy(
                f"expected nobody at work in the store, found {'; '.join(map(str, others))}; "
                f"nothing was removed, run {kind} again when it is over"
            )
        yield mark


def running_jobs(backend: Backend) -> list[str]:
    """Describe the running jobs, without writing a mark."""
    now = datetime.now(UTC)
    return [str(job) for job in _mark_files(backend) if _is_alive(job, now)]


def running_marks(backend: Backend) -> list[Mark]:
    """Return the marks of running jobs that can be read, oldest first, without writing one."""
    now = datetime.now(UTC)
    marks = [job.mark for job in _mark_files(backend) if job.mark and _is_alive(job, now)]
    return sorted(marks, key=lambda mark: mark.started_at)


def dead_marks(backend: Backend) -> list[str]:
    """Return the paths of marks whose jobs have ended."""
    now = datetime.now(UTC)
    return [job.path for job in _mark_files(backend) if not _is_alive(job, now)]


@contextmanager
def _marked(backend: Backend, kind: str, run_id: str | None) -> Iterator[Mark]:
    mark = Mark(
        run_id=run_id or str(uuid.uuid4()),
        kind=kind,
        user=user_name(),
        host=socket.gethostname(),
        machine=_machine(),
        pid=os.getpid(),
        process_started=_process_started(os.getpid()),
        started_at=datetime.now(UTC),
    )
    data = mark.model_dump_json().encode()
    write(backend, _path(mark), data)
    _remove_dead_marks(backend, mark)
    has_ended = threading.Event()

    def renew() -> None:
        while not has_ended.wait(RENEWED_EVERY_SECONDS):
            with suppress(StoreError):  # the job gets this error when it writes itself
                write(backend, _path(mark), data)

    renewing = threading.Thread(target=renew, name="mark", daemon=True)
    renewing.start()
    try:
        yield mark
    finally:
        has_ended.set()
        renewing.join()  # otherwise it might write the mark again after its removal
        # A mark that cannot be removed counts as dead when this process ends.
        with suppress(OSError, obstore.exceptions.BaseError):
            obstore.delete(backend, _path(mark))


def _remove_dead_marks(backend: Backend, mark: Mark) -> None:
    """Remove the marks of jobs that were killed; a job that only slept writes its own again."""
    files = _mark_files(backend)
    now = _store_time(files, mark)
    with suppress(OSError, obstore.exceptions.BaseError):  # another job may remove them, too
        if dead := [job.path for job in files if not _is_alive(job, now)]:
            obstore.delete(backend, dead)


def _store_time(files: Sequence[_MarkFile], mark: Mark) -> datetime:
    """Return the time of a mark just made by the clock of the store, which may differ from this machine's."""
    return next((job.renewed_at for job in files if job.path == _path(mark)), datetime.now(UTC))


def _others(backend: Backend, mark: Mark) -> list[_MarkFile]:
    """Return the marks of all other live jobs, including those of this process."""
    files = _mark_files(backend)
    now = _store_time(files, mark)
    return [job for job in files if job.path != _path(mark) and _is_alive(job, now)]


def _mark_files(backend: Backend) -> list[_MarkFile]:
    found = []
    for path, _, renewed_at in list_files(backend, "running"):
        try:
            with store_errors(f"expected to read {path} of the store"):
                data = read(backend, path)
            mark = Mark.model_validate_json(data)
        except ObjectMissing:  # the job ended after the listing
            continue
        except ValidationError:
            mark = None
        found.append(_MarkFile(path, mark, renewed_at))
    return sorted(found, key=lambda job: job.path)


def _is_alive(job: _MarkFile, now: datetime) -> bool:
    if job.mark and job.mark.machine and job.mark.machine == _machine():
        return _process_started(job.mark.pid) == job.mark.process_started
    return now - job.renewed_at < DEAD_AFTER


def _kind(job: _MarkFile) -> str:
    return job.mark.kind if job.mark else "unknown"


def _path(mark: Mark) -> str:
    return f"running/{mark.run_id}.json"


def _machine() -> str | None:
    """Identify this machine or container, within which process numbers are unique; None if unknown."""
    try:
        return f"{socket.gethostname()} {Path('/proc/sys/kernel/random/boot_id').read_text().strip()} " + str(
            Path("/proc/self/ns/pid").readlink()
        )
    except OSError:
        return None


def _process_started(pid: int) -> str | None:
    """Return when a process of this machine started, or None if it has ended or is a zombie."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else after_name[19]
