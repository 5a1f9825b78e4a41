"""Ray and Prefect's server, which are started only for `--thorough`; programs that some pages use."""

import importlib.metadata
import os
import shutil
import time
from collections.abc import Callable, Iterator

from flows.doctor.finding import Finding, Request, ok
from shls_core.errors import ShlsError


def check_services(request: Request) -> Iterator[Finding]:
    """Look at Ray and Prefect."""
    joined = os.environ.get("RAY_ADDRESS")
    if joined and os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        at = "" if "@" in joined else f" at {joined}"
        what = f"the cluster{at} (RAY_ADDRESS) is joined without a token"
        yield Finding("Ray", "warning", what, "start it with RAY_AUTH_MODE=token, and set that here")
    yield _service("Ray", "ray", _start_ray, request.thorough, "shls run --backend serial works without it")
    remedy = "shls --debug run shows the log of its server"
    yield _service("Prefect", "prefect", _reach_server, request.thorough, remedy)
    if shutil.which("dot"):
        yield ok("graphviz", "draws `shls lineage up REF --dot`")
    else:
        yield ok("graphviz", "none; only `shls lineage up REF --dot | dot -Tsvg` needs it")


def _service(name: str, package: str, start: Callable[[], str], thorough: bool, remedy: str) -> Finding:
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "problem", "is not installed", f"pip install {package}")
    if not thorough:
        return ok(name, f"{version}; --thorough starts it")
    begin = time.monotonic()
    try:
        what = start()
    except (ShlsError, ImportError, OSError, RuntimeError) as error:
        return Finding(name, "problem", f"{version} does not start: {error}", remedy)
    return ok(name, f"{version}, {what} in {time.monotonic() - begin:.0f} s")


def _start_ray() -> str:
    from tasks.executor import run_jobs

    assert list(run_jobs(len, ["abc"], "ray", workers=1)) == [3]
    return "a worker answered"


def _reach_server() -> str:
    from flows.cli.prefect_server import reach_server

    reach_server()
    return "its server answered"
