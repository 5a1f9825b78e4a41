import errno

import pytest
from prefect.states import Failed

from shls_core.errors import (
    GateError,
    InputError,
    ObjectCorrupted,
    ObjectMissing,
    StoreUnreachable,
    StoreUnreadable,
    StoreUnwritable,
    TooManyRejected,
    WorkerLost,
)
from tasks.runs.retries import may_pass


@pytest.mark.parametrize(
    "error",
    [
        WorkerLost("died"),
        StoreUnreachable("no answer"),
        OSError(errno.EIO, "input/output error"),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
def test_lost_workers_and_passing_faults_are_tried_again(error):
    assert may_pass(None, None, Failed(data=error))


@pytest.mark.parametrize(
    "error",
    [
        InputError("a column is missing"),
        TooManyRejected("all of them"),
        ObjectCorrupted("a flipped byte"),
        ObjectMissing("gone"),
        StoreUnwritable("read-only"),
        StoreUnreadable("no such bucket"),
        GateError("no"),
        OSError(errno.ENOSPC, "no space left"),
        PermissionError(errno.EACCES, "permission denied"),
        FileNotFoundError(errno.ENOENT, "no such file"),
        FileNotFoundError("without a number"),
        ValueError("a defect"),
        KeyError("a defect"),
    ],
)
def test_what_cannot_pass_is_not(error):
    assert not may_pass(None, None, Failed(data=error))
