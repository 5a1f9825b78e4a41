"""Limits of a process (``ulimit``) below which libraries hang, abort or fill the terminal: refused before."""

import os
import resource
from dataclasses import dataclass

from shls_core.errors import InputError

_GIGABYTE = 10**9


@dataclass(frozen=True)
class Needs:
    """What some work needs at least, measured with a small job and doubled."""

    work: str
    files: int
    """Open files."""
    memory: int
    """Address space, in bytes: what is reserved, several times what is used."""
    file_size: int
    """Size of one file, in bytes."""
    processes: int
    """Processes and threads of the user."""


COMMAND = Needs("this command", files=48, memory=3 * _GIGABYTE, file_size=10**6, processes=64)
RUN = Needs("a run with Prefect", files=128, memory=6 * _GIGABYTE, file_size=64 * 10**6, processes=256)
RAY = Needs("Ray workers", files=512, memory=8 * _GIGABYTE, file_size=64 * 10**6, processes=1024)


@dataclass(frozen=True)
class LowLimit:
    """A limit that is lower than what some work needs; figures as ``ulimit`` counts them."""

    what: str
    found: int
    needed: int
    option: str
    """The option of ``ulimit``."""

    def __str__(self) -> str:
        return f"{self.needed} {self.what} (ulimit -{self.option} {self.needed}), got {self.found}"


def low_limits(needs: Needs) -> list[LowLimit]:
    """Return the limits that are too low, after raising that of open files where this is allowed."""
    _allow_files(needs.files)
    limits = (
        ("open files", resource.RLIMIT_NOFILE, needs.files, 1, "n"),
        ("kB of address space", resource.RLIMIT_AS, needs.memory, 1024, "v"),
        ("kB for one file", resource.RLIMIT_FSIZE, needs.file_size, 1024, "f"),
        ("processes and threads", resource.RLIMIT_NPROC, needs.processes, 1, "u"),
    )
    low = []
    for what, number, needed, unit, option in limits:
        found = resource.getrlimit(number)[0]
        is_of_root = number == resource.RLIMIT_NPROC and os.geteuid() == 0  # for whom it does not hold
        if found != resource.RLIM_INFINITY and found < needed and not is_of_root:
            low.append(LowLimit(what, found // unit, -(-needed // unit), option))
    return low


def refuse_low_limits(needs: Needs) -> None:
    """Raise if a limit of this process is lower than what some work needs.

    Raises
    ------
    InputError
    """
    if low := low_limits(needs):
        raise InputError(f"expected for {needs.work} at least {'; '.join(map(str, low))}")


def _allow_files(needed: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_enough = resource.RLIM_INFINITY in (soft, hard) or hard >= needed
    if soft != resource.RLIM_INFINITY and soft < needed and is_enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
