"""The code of a run: the flow that is running, its source, and the public address of the repository."""

import inspect
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prefect.context import FlowRunContext

_PROJECT = Path(__file__).parents[2]
_SCP_LIKE = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")
_PUBLIC_SCHEMES = ("https", "http", "ssh", "git")


def running_flow() -> Callable[..., Any] | None:
    """Return the function of the Prefect flow that is running here, or None outside of one."""
    context = FlowRunContext.get()
    return context.flow.fn if context and context.flow else None


def source_of(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the path of a function's module inside the project, and its source."""
    return f"{function.__module__.replace('.', '/')}.py", inspect.getsource(function)


def origin() -> str | None:
    """Return the address of the repository that this checkout came from, if others can reach it."""
    if not (_PROJECT / ".git").exists():
        return None
    command = ["git", "-C", str(_PROJECT), "remote", "get-url", "origin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return public_address(done.stdout.strip()) if done.returncode == 0 else None


def public_address(remote: str) -> str | None:
    """Return the address of a git remote as a URL without credentials, or None for a path.

    Examples
    --------
    >>> public_address("git@example.org:photos/shls.git")
    'ssh://example.org/photos/shls.git'
    >>> public_address("https://me:secret@example.org/shls.git")
    'https://example.org/shls.git'
    >>> public_address("/srv/git/shls.git")
    """
    if scp_like := _SCP_LIKE.fullmatch(remote):
        return f"ssh://{scp_like[1]}/{scp_like[2]}"
    parts = urlsplit(remote)
    if parts.scheme not in _PUBLIC_SCHEMES:
        return None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
