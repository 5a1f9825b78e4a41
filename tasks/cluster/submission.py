"""A command as a Ray Job: it runs on a node of the cluster, whatever becomes of this process."""

import asyncio
import importlib.util
import logging
import os
import shlex
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ByteSize, TypeAdapter, ValidationError

from shls_core.errors import InputError, MissingComponent, StageError
from storage.files.location import PUBLIC_SETTINGS, holds_password
from tasks.cluster.shipping import packages_to_ship

_CONNECT_SECONDS = 5.0
_OWN_SETTINGS = ("SHLS_STORE", "SHLS_LOG_JSON", "SHLS_DEBUG")
SUBMITTED = "submitted"
"""The folder, among the project's configurations, of those that come with a job."""


@dataclass(frozen=True)
class Job:
    """A Ray Job that was submitted.

    Attributes
    ----------
    job_id
        As the cluster calls it.
    client
        Ray's client of the job server.
    """

    job_id: str
    client: Any

    def follow(self, say: Callable[[str], None]) -> int:
        """Hand on each line that the job prints until it ends, and return its exit code.

        Raises
        ------
        StageError
            If the job never began, was stopped, or its cluster is gone.
        """
        try:
            asyncio.run(self._print(say))
            details = self.client.get_job_info(self.job_id)
        except (RuntimeError, OSError) as error:
            raise StageError(
                f"expected job {self.job_id} to be followed to its end: {_first_line(error)}; it may go on"
            ) from error
        if details.driver_exit_code is None or details.driver_exit_code < 0:
            what = _first_line(details.message or "no reason given")
            raise StageError(f"expected job {self.job_id} to end by itself, it is {details.status}: {what}")
        return int(details.driver_exit_code)

    async def _print(self, say: Callable[[str], None]) -> None:
        rest = ""
        async for piece in self.client.tail_job_logs(self.job_id):
            *lines, rest = (rest + piece).split("\n")
            for line in lines:
                say(line.expandtabs())
        if rest:
            say(rest.expandtabs())


def submit(
    arguments: Sequence[str],
    address: str,
    configurations: Mapping[str, str],
    cpus: float = 0,
    memory: str | None = None,
    gpus: float = 0,
) -> Job:
    """Run `shls` with some arguments as a Ray Job.

    Parameters
    ----------
    arguments
        Of `shls`.
    address
        Of the job server, that of Ray's dashboard: ``http://HOST:8265``.
    configurations
        Texts of configurations that come with it, by name; for `shls` they are ``submitted/NAME``.
    cpus, memory, gpus
        What the command itself reserves, as for training on a GPU; by default nothing.

    Raises
    ------
    InputError
        If there is no job server, or it refuses the job.
    MissingComponent
        If Ray is installed without its client of job servers.
    """
    reserved = _reserved(cpus, memory, gpus)
    _refuse_silent(address)
    client = _client(address)
    with packages_to_ship(with_weights=True) as packages:
        for name, text in configurations.items():
            path = packages[0] / "configs" / SUBMITTED / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        environment = {"py_modules": [str(package) for package in packages], "env_vars": _settings()}
        try:
            job_id = client.submit_job(
                # -P: the folder in which Ray was started may be another checkout; its code is not the job's.
                entrypoint=shlex.join(["python", "-P", "-m", "flows.cli", *arguments]),
                runtime_env=environment,
                **reserved,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(
                f"expected the job server at {address} to take a job: {_first_line(error)}"
            ) from error
    return Job(job_id, client)


def _client(address: str) -> Any:
    if importlib.util.find_spec("aiohttp") is None:  # Ray's client says nothing useful without it
        raise MissingComponent(
            "expected the packages with which Ray submits jobs (aiohttp is missing); install them with: "
            'pip install "ray[default]"'
        )
    from ray.job_submission import JobSubmissionClient

    for handler in logging.getLogger("ray").handlers:  # each upload is a line otherwise
        handler.setLevel(logging.DEBUG if os.environ.get("SHLS_DEBUG") else logging.WARNING)
    # It overrides the address that the client is given, as RAY_ADDRESS would.
    os.environ["RAY_API_SERVER_ADDRESS"] = address
    try:
        return JobSubmissionClient(address)
    except Exception as error:  # of any kind: authentication, versions, what answers is no job server
        raise InputError(
            f"expected a job server of Ray at {address} (--ray-address): {_first_line(error)}"
        ) from error


def _refuse_silent(address: str) -> None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is none
        host, port = None, None
    if not (host and port and parts.scheme in ("http", "https") and parts.path in ("", "/")):
        raise InputError(f"expected http://HOST:PORT of Ray's dashboard, usually port 8265, got {address!r}")
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise InputError(f"expected a job server of Ray at {address} (--ray-address): {error}") from error


def _settings() -> dict[str, str]:
    """Return what a job has to know of this environment; secrets are the cluster's own."""
    names = (*PUBLIC_SETTINGS, *_OWN_SETTINGS)
    given = {name: os.environ[name] for name in names if os.environ.get(name)}
    return {name: value for name, value in given.items() if not holds_password(value)}


def _reserved(cpus: float, memory: str | None, gpus: float) -> dict[str, float]:
    try:
        size = TypeAdapter(ByteSize).validate_python(memory) if memory else 0
    except ValidationError as error:
        raise InputError(f"expected a size as 8GB for --memory, got {memory}") from error
    given = {"entrypoint_num_cpus": cpus, "entrypoint_num_gpus": gpus, "entrypoint_memory": int(size)}
    return {name: amount for name, amount in given.items() if amount}


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
