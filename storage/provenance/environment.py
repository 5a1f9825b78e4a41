"""The environment of a run: facts for the ledger, none of which may be part of a hash of content."""

import functools
import getpass
import importlib.metadata
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shls_core.errors import MissingComponent
from storage.canonical import digest_bytes

_PROJECT = Path(__file__).parents[2]


class Environment(BaseModel):
    """The user, the machine and the code."""

    model_config = ConfigDict(frozen=True)

    user: str | None
    host: str
    code_commit: str | None
    """The git commit of the code, or None where it is not a checkout."""
    code_dirty: bool | None
    """Whether the checkout had uncommitted changes."""
    lock_digest: str | None
    """SHA-256 of uv.lock, or None where there is none: an installed wheel brings none."""


@functools.cache
def current_environment() -> Environment:
    """Return the facts about this process."""
    status = _git("status", "--porcelain", "--untracked-files=no")
    lock = _PROJECT / "uv.lock"
    return Environment(
        user=user_name(),
        host=socket.gethostname(),
        code_commit=_git("rev-parse", "HEAD"),
        code_dirty=None if status is None else bool(status),
        lock_digest=digest_bytes(lock.read_bytes()) if lock.is_file() else None,
    )


@functools.cache
def package_version(package: str) -> str:
    """Return the installed version of a third-party package."""
    return importlib.metadata.version(package)


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each package."""
    return {package: package_version(package) for package in sorted(packages)}


def faiss_package() -> str:
    """Return which of the two packages that import as ``faiss`` is installed.

    Raises
    ------
    MissingComponent
        If neither is, or both are: then the files of one have overwritten those of the other.
    """
    installed = [name for name in ("faiss-cpu", "faiss-gpu") if _is_installed(name)]
    if len(installed) == 1:
        return installed[0]
    if installed:
        raise MissingComponent(
            "expected one of faiss-cpu and faiss-gpu, got both; keep one with: pip uninstall --yes "
            "faiss-cpu faiss-gpu && pip install faiss-gpu"
        )
    raise MissingComponent(
        "expected faiss, which searches the memory; install it with: pip install faiss-cpu"
    )


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def user_name() -> str | None:
    """Return the name of the user, or None where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return None


def _git(*arguments: str) -> str | None:
    if not (_PROJECT / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(_PROJECT), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
