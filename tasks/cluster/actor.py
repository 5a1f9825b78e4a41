"""The Ray actor that does jobs, and looks first whether its node has the code that it is to run.

Its class is sent to the nodes as it is here, not found there: what it says of a node depends on no code of
that node. So it imports nothing of this project, and unpickles no job, before the node has agreed.
"""

import importlib.metadata
import platform
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from storage.provenance.syntax import source_digest, source_path, syntax_digest

Difference = tuple[str, str, str | None]
"""What kind of thing differs (``module``, ``package``, ``Python``), its name, and what it is on the node:
the digest of a module's syntax, a version, or None where it is missing."""


class Actor:
    """Keeps its imports, its caches and its single thread from job to job."""

    def __init__(self) -> None:
        self._agreed: set[str] = set()
        self._machine: dict[str, str | None] | None = None

    def ready(self, expected: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return as soon as the worker is there, with what it says of its node.

        Parameters
        ----------
        expected
            See `tasks.cluster.handshake.expectation`; None: any code will do.

        Returns
        -------
        dict
            ``node``: its name; ``differences``: those of its code from the expected one; ``machine``: its
            kind, if that was asked for.
        """
        said: dict[str, Any] = {"node": _node(), "differences": [], "machine": None}
        if expected is None:
            return said
        if expected["key"] not in self._agreed:  # a worker that took another's place has agreed to nothing
            said["differences"] = list(_differences(expected))
            if said["differences"]:
                return said
            self._agreed.add(expected["key"])
        if expected["asks_machine"]:
            self._machine = self._machine or _machine()
            said["machine"] = self._machine
        return said

    def run(
        self, expected: Mapping[str, Any] | None, work_and_job: bytes, key: bytes, seconds: float
    ) -> tuple[dict[str, Any], Any]:
        """Do a job, if the node has the expected code.

        Parameters
        ----------
        expected
            As for `ready`.
        work_and_job
            A function and its argument, pickled.
        key
            Under which the row at work is noted in Ray's key-value store if the job is late.
        seconds
            After which it is late.

        Returns
        -------
        dict
            As of `ready`.
        object
            The result of the function; None if the node differs.
        """
        said = self.ready(expected)
        if said["differences"]:
            return said, None
        from ray import cloudpickle
        from ray.experimental.internal_kv import _internal_kv_put

        from tasks.runs.at_work import Reporter
        from tasks.runs.process_state import one_thread

        work, job = cloudpickle.loads(work_and_job)
        with Reporter(seconds, lambda row: _internal_kv_put(key, row.encode())).watching(), one_thread():
            return said, work(job)


def _differences(expected: Mapping[str, Any]) -> Iterator[Difference]:
    if platform.python_version() != expected["python"]:
        yield "Python", "", platform.python_version()
    for package, version in expected["packages"].items():
        if (found := _version(package)) != version:
            yield "package", package, found
    for module, (of_source, of_syntax) in expected["modules"].items():
        path = source_path(module)
        text = None if path is None else path.read_text(encoding="utf-8", errors="replace")
        if text is None:
            yield "module", module, None
        elif source_digest(text) != of_source and (found := _syntax_digest(text)) != of_syntax:
            yield "module", module, found


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _syntax_digest(source: str) -> str:
    try:
        return syntax_digest(source)
    except (SyntaxError, ValueError):  # no Python: any digest will do that no syntax has
        return source_digest(source)


def _node() -> str:
    import ray.util

    address: Any = ray.util.get_node_ip_address  # untyped
    return f"{socket.gethostname()} ({address()})"


def _machine() -> dict[str, str | None]:
    """Return what decides the last bits of floats, and which SLIC there is."""
    from tasks.runs.platform_kind import platform_kind, slic_build

    return {"platform": platform_kind(), "slic": slic_build()}
