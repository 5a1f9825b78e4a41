"""Jobs one after another in a process of its own, which can be ended if a job hangs.

The process is started by a command, not forked: this one has threads. It finds modules where this one does.
"""

import functools
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from shls_core.errors import StageError, WorkerLost
from tasks.runs.at_work import JobTimedOut, Reporter

Job = TypeVar("Job")
Result = TypeVar("Result")

GRACE_SECONDS = 10.0
"""After the limit, a worker has this long to say which row it is at work on: its own clock may start later,
after imports."""

_START = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
sys.path[:] = json.loads(sys.argv[1])
from tasks.runs.own_process import serve
serve(int(sys.argv[2]))
"""


def run_in_own_process(
    work: Callable[[Job], Result], jobs: Sequence[Job], seconds: float
) -> Iterator[Result]:
    """Yield the result of every job, in their order; each may take so many seconds.

    Raises
    ------
    JobTimedOut
        If one takes longer; the process is ended.
    WorkerLost
        If the process ends by itself.
    """
    process, connection = _started()
    try:
        _received(process, connection, None)  # it is there: what it takes to start is no job's time
        for number, job in enumerate(jobs):
            connection.send_bytes(pickle.dumps((work, job, number, seconds)))
            deadline = time.monotonic() + seconds + GRACE_SECONDS
            while True:
                silence: tuple[str, Any] = ("late", (number, ""))
                kind, value = _received(process, connection, deadline) or silence
                if kind == "error":
                    raise value
                if kind == "result":
                    yield value
                    break
                late, row = value
                if late == number:  # not the job before, which ended just then
                    raise JobTimedOut(f"a job took longer than {seconds:g} s", job, seconds, row)
    finally:
        process.kill()
        process.wait()
        connection.close()


def _started() -> tuple["subprocess.Popen[bytes]", Connection]:
    ours, theirs = Pipe()
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, "-c", _START, json.dumps(sys.path), str(number)]
        return subprocess.Popen(command, pass_fds=[number], stdin=subprocess.DEVNULL), ours


def _received(
    process: "subprocess.Popen[bytes]", connection: Connection, deadline: float | None
) -> tuple[str, Any] | None:
    """Return what the process sends next; None if it sends nothing until the deadline."""
    left = None if deadline is None else max(0.0, deadline - time.monotonic())
    try:
        if not connection.poll(left):
            return None
        answer: tuple[str, Any] = pickle.loads(connection.recv_bytes())
    except (EOFError, OSError) as error:
        raise WorkerLost(f"the process that makes shards ended with {process.wait()}") from error
    return answer


def serve(descriptor: int) -> None:
    """Do the jobs that come through a pipe, until it is closed.

    Parameters
    ----------
    descriptor
        The file descriptor of the pipe.
    """
    connection = Connection(descriptor)
    lock = threading.Lock()

    def send(kind: str, value: object) -> None:
        with lock:
            connection.send_bytes(pickle.dumps((kind, value)))

    send("ready", None)
    while True:
        try:
            work, job, number, seconds = pickle.loads(connection.recv_bytes())
        except EOFError:
            return
        try:
            with Reporter(seconds, functools.partial(_send_late, send, number)).watching():
                result = work(job)
        except Exception as error:
            send("error", _sendable(error))
        else:
            send("result", result)


def _send_late(send: Callable[[str, object], None], number: int, row: str) -> None:
    send("late", (number, row))


def _sendable(error: Exception) -> Exception:
    """Return an error, or one with its message if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return StageError(f"{type(error).__name__}: {error}")
    return error
