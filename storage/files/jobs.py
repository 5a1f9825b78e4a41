"""Who is at work in a store, so that nothing is removed under a job's feet.

A job writes a mark before it reads or makes anything, and only then looks whether something is removed;
who removes, a collection or a purge, writes its own mark first, and only then looks for jobs. Whichever way
the two meet, at least one of them sees the other: a job waits, a removal gives up.

A mark whose process is gone counts for nothing. On the same machine the process is looked for; of another
one, a mark that was not renewed for ten minutes, by the clock of the store, is taken for dead.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
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
from storage.files.writing import write
from storage.kinds import RunKind
from storage.provenance.environment import user_name

_REMOVALS: Mapping[str, str] = {
    RunKind.COLLECT: "it removes what nothing reaches",
    RunKind.PURGE: "it erases photographs that were withdrawn",
}
"""The kinds of work that want the store to themselves, and what they do in it."""
RENEWED_EVERY_SECONDS = 60.0
DEAD_AFTER = timedelta(minutes=10)
WAIT_SECONDS = 900.0
_LOOK_SECONDS = 0.2


class Mark(BaseModel):
    """What a job says of itself while it runs."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    kind: str
    """The kind of run, as in the ledger."""
    user: str | None
    host: str
    machine: str | None
    """Host and process namespace: where `pid` means this process. None where that cannot be known."""
    pid: int
    process_started: str | None
    """When the process started, in ticks of its kernel: a number that is used again is another process."""
    started_at: datetime

    def __str__(self) -> str:
        since = self.started_at.strftime("%Y-%m-%d %H:%M:%S")
        return (
            f"{self.kind} by {self.user or 'someone'} on {self.host} (process {self.pid}) since {since} UTC"
        )


@dataclass(frozen=True)
class _Placed:
    path: str
    mark: Mark | None
    """None for one that cannot be read."""
    renewed_at: datetime

    def __str__(self) -> str:
        return str(self.mark or self.path)


@contextmanager
def at_work(
    backend: Backend,
    kind: str,
    run_id: str | None = None,
    on_wait: Callable[[str], None] = lambda line: None,
    wait_seconds: float = WAIT_SECONDS,
) -> Iterator[Mark]:
    """Mark the block as a job; wait first, where something is being removed.

    Parameters
    ----------
    backend
        The store.
    kind
        The kind of job.
    run_id
        Its id in the ledger, if it is to have an entry there.
    on_wait
        Told, once, what the job waits for.
    wait_seconds
        Time after which waiting is given up.

    Raises
    ------
    StoreBusy
        If the removal goes on for longer than that.
    """
    with _marked(backend, kind, run_id) as mark:
        deadline = time.monotonic() + wait_seconds
        told = False
        while removing := [job for job in _others(backend, mark) if _kind(job) in _REMOVALS]:
            line = f"waiting for {removing[0]} to finish: {_REMOVALS[_kind(removing[0])]}"
            if time.monotonic() > deadline:
                raise StoreBusy(f"gave up {line}")
            if not told:
                on_wait(line)
                told = True
            time.sleep(_LOOK_SECONDS)
        yield mark


@contextmanager
def removing_alone(
    backend: Backend, kind: str = RunKind.COLLECT, run_id: str | None = None
) -> Iterator[Mark]:
    """Mark the block as one that removes things: a collection, or a purge.

    Raises
    ------
    StoreBusy
        Before the block, if a job, or another removal, is at work.
    """
    assert kind in _REMOVALS, f"jobs would not wait for a {kind}"
    with _marked(backend, kind, run_id) as mark:
        if others := _others(backend, mark):
            raise StoreBusy(
                f"expected nobody at work in the store, found {'; '.join(map(str, others))}; "
                f"nothing was removed, run {kind} again when it is over"
            )
        yield mark


def jobs_at_work(backend: Backend) -> list[str]:
    """Return who is at work, in words, without leaving a mark."""
    now = datetime.now(UTC)
    return [str(job) for job in _placed(backend) if _is_alive(job, now)]


def dead_marks(backend: Backend) -> list[str]:
    """Return the paths of marks whose jobs are gone."""
    now = datetime.now(UTC)
    return [job.path for job in _placed(backend) if not _is_alive(job, now)]


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
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEWED_EVERY_SECONDS):
            with suppress(StoreError):  # the job itself will be told that the store takes no bytes
                write(backend, _path(mark), data)

    renewing = threading.Thread(target=renew, name="mark", daemon=True)
    renewing.start()
    try:
        yield mark
    finally:
        over.set()
        renewing.join()  # or it might write the mark again after its removal
        # A mark that cannot be removed is dead as soon as this process is.
        with suppress(OSError, obstore.exceptions.BaseError):
            obstore.delete(backend, _path(mark))


def _others(backend: Backend, mark: Mark) -> list[_Placed]:
    """Return the marks of all other jobs that are alive, those of this process included."""
    placed = _placed(backend)
    # The store's own clock: that of this machine may differ from it.
    now = next((job.renewed_at for job in placed if job.path == _path(mark)), datetime.now(UTC))
    return [job for job in placed if job.path != _path(mark) and _is_alive(job, now)]


def _placed(backend: Backend) -> list[_Placed]:
    found = []
    for path, _, renewed_at in list_files(backend, "running"):
        try:
            with store_errors(f"expected to read {path} of the store"):
                data = bytes(obstore.get(backend, path).bytes())
            mark = Mark.model_validate_json(data)
        except ObjectMissing:  # over, since it was listed
            continue
        except ValidationError:
            mark = None
        found.append(_Placed(path, mark, renewed_at))
    return sorted(found, key=lambda job: job.path)


def _is_alive(job: _Placed, now: datetime) -> bool:
    if job.mark and job.mark.machine and job.mark.machine == _machine():
        return _process_started(job.mark.pid) == job.mark.process_started
    return now - job.renewed_at < DEAD_AFTER


def _kind(job: _Placed) -> str:
    return job.mark.kind if job.mark else "unknown"


def _path(mark: Mark) -> str:
    return f"running/{mark.run_id}.json"


def _machine() -> str | None:
    """Return what tells this machine, or container, from others that look after their own process numbers."""
    try:
        return f"{socket.gethostname()} {Path('/proc/sys/kernel/random/boot_id').read_text().strip()} " + str(
            Path("/proc/self/ns/pid").readlink()
        )
    except OSError:
        return None


def _process_started(pid: int) -> str | None:
    """Return when a process of this machine started, or None where it is gone or a zombie."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else after_name[19]
