"""Which failures may be temporary, so that a retry can help."""

import errno
from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from shls_core.errors import StoreUnreachable, WorkerLost

_LASTING = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.ENOENT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}
)

RETRY_DELAYS_SECONDS = [1.0, 5.0]


def may_pass(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether to retry a failed task: lost workers, a silent store, temporary errors of I/O."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, WorkerLost | StoreUnreachable):
        return True
    return (
        isinstance(error, OSError)
        and error.errno not in _LASTING
        and not isinstance(error, FileNotFoundError)
    )
