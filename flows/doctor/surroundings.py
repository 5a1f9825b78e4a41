"""Home, temporary files, limits, memory, proxies."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flows.doctor.finding import Finding, Request, ok
from flows.environment.home import prefect_home_is_temporary
from storage.files.free_space import megabytes
from storage.files.proxies import proxies_in_use
from tasks.runs.limits import COMMAND, RAY, RUN, LowLimit, low_limits

_LITTLE_SPACE = 2 * 10**9
_LITTLE_SHARED = 256 * 2**20


def check_folders(request: Request) -> Iterator[Finding]:
    """Look at the home and at the folder for temporary files."""
    if prefect_home_is_temporary():
        what = "cannot be written to: Prefect's records of a run are lost when it ends"
        yield Finding("home", "warning", what, "export PREFECT_HOME=FOLDER, one that can be written to")
    else:
        yield ok("home", f"Prefect's records in {os.environ.get('PREFECT_HOME', '~/.prefect')}")
    asked = os.environ.get("TMPDIR")
    try:
        used = tempfile.gettempdir()
    except FileNotFoundError:
        what = "no folder for temporary files can be written to"
        yield Finding("temporary files", "problem", what, "export TMPDIR=FOLDER, one that can be written to")
        return
    free = shutil.disk_usage(used).free
    if asked and Path(asked).absolute() != Path(used):
        what = f"TMPDIR={asked} cannot be written to, {used} is used"
        yield Finding("temporary files", "warning", what, "unset TMPDIR")
    elif free < _LITTLE_SPACE:
        what = f"{megabytes(free)} free in {used}"
        yield Finding("temporary files", "warning", what, "export TMPDIR=FOLDER, one on a larger disk")
    else:
        yield ok("temporary files", f"{used}, {megabytes(free)} free")


def check_limits(request: Request) -> Iterator[Finding]:
    """Look at the limits of processes, at memory, and at the memory that processes share."""
    stopping = [*low_limits(COMMAND), *low_limits(RUN)]
    if stopping:
        yield _low(stopping, "problem", "")
    elif for_ray := low_limits(RAY):
        yield _low(for_ray, "warning", "for Ray workers, ")
    else:
        yield ok("limits", "enough files, memory and processes")
    shared = Path("/dev/shm")
    if shared.is_dir() and (free := shutil.disk_usage(shared).free) < _LITTLE_SHARED:
        what = f"{megabytes(free)} in /dev/shm: Ray takes files of the disk instead"
        yield Finding("shared memory", "warning", what, "docker run --shm-size=1g")


def check_proxies(request: Request) -> Iterator[Finding]:
    """Look at proxies of the environment."""
    used, aside = proxies_in_use()
    if aside:
        remedy = "export HTTPS_PROXY=http://HOST:PORT, or NO_PROXY=HOSTS where none is needed"
        yield Finding("proxies", "warning", f"not usable: {aside}; hosts outside are refused", remedy)
    elif used:
        yield ok("proxies", f"{used}; not for this machine itself")
    else:
        yield ok("proxies", "none")


def _low(low: list[LowLimit], state: str, work: str) -> Finding:
    largest = {limit.option: limit for limit in sorted(low, key=lambda limit: limit.needed)}
    what = ", ".join(f"{limit.found} {limit.what} instead of {limit.needed}" for limit in largest.values())
    remedy = " && ".join(f"ulimit -{option} {limit.needed}" for option, limit in largest.items())
    return Finding("limits", "problem" if state == "problem" else "warning", work + what, remedy)
