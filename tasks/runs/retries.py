"""Which failures may pass by themselves, and so are worth another attempt."""

import errno
from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from shls_core.errors import StoreUnreachable, WorkerLost

_STAY = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.ENOENT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}
)

RETRY_DELAYS_SECONDS = [1.0, 5.0]


def may_pass(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether a failed task should be tried again: lost workers, a store that gave no answer, and
    errors of input or output that pass.
    """
    error = state.result(raise_on_failure=False)
    if isinstance(error, WorkerLost | StoreUnreachable):
        return True
    return (
        isinstance(error, OSError) and error.errno not in _STAY and not isinstance(error, FileNotFoundError)
    )
