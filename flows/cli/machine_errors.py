"""Errors of the machine that a person can do something about: a full disk, permissions, memory, limits."""

import errno
from typing import TypeGuard

_REMEDIES = {
    errno.ENOSPC: "free some space on that disk, or choose another",
    errno.EDQUOT: "free some of the quota, or choose another disk",
    errno.EFBIG: "raise the limit of one file with: ulimit -f unlimited",
    errno.EMFILE: "raise the limit of open files with: ulimit -n 4096",
    errno.ENFILE: "close other programs: the whole machine has too many files open",
    errno.ENOMEM: "close other programs, or work on less at once",
    errno.EACCES: "choose a place that this user may use, or ask for the permission",
    errno.EPERM: "choose a place that this user may use, or ask for the permission",
    errno.EROFS: "choose a place that can be written to",
    errno.ENOTDIR: "a part of that path is a file: choose another",
    errno.EISDIR: "that path is a folder: name a file",
    errno.EEXIST: "something else is in that place: choose another",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "a link in that path leads back to itself",
    errno.EIO: "the disk or the connection to it fails",
    errno.ESTALE: "the connection to that disk broke: try again",
}


def described(error: Exception) -> str | None:
    """Return one line for an error of the machine, with a remedy; None: the error is a defect of ours."""
    if isinstance(error, MemoryError) or _is_out_of_threads(error):
        what = "memory" if isinstance(error, MemoryError) else "threads"
        return f"this machine has not enough {what} left for this; `shls doctor` shows its limits"
    if isinstance(error, RuntimeError) and _is_loop(error.__context__):
        return described(error.__context__)  # pathlib, before Python 3.13
    if not isinstance(error, OSError) or error.errno not in _REMEDIES:
        return None
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = f": {' -> '.join(names)}" if names else ""
    return f"{error.strerror}{where}; {_REMEDIES[error.errno]}"


def _is_loop(error: BaseException | None) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and error.errno == errno.ELOOP


def _is_out_of_threads(error: Exception) -> bool:
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)
