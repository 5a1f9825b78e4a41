"""What every command of `shls` shares: quiet libraries, one-line errors, output for people or machines."""

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console

from shls_core.errors import ShlsError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_SETTINGS = {
    # A first start of Prefect's server on a new home takes longer than its default allows.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Threads that spin while they wait make two slower than one as soon as the machine has other work.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def prepare_libraries(debug: bool) -> None:
    """Set what Prefect, Ray and Great Expectations read when they are imported; the user's settings win."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if not debug:
        # An error is told once, by `command`; the server keeps the full record of a run.
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")


def command(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make the errors of a command one line on standard error and exit code 1."""

    @functools.wraps(function)
    def told(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return function(*arguments, **options)
        except ShlsError as error:
            _fail(error)

    return told


def _fail(error: ShlsError) -> NoReturn:
    if os.environ.get("SHLS_DEBUG"):
        traceback.print_exception(error)
    line = " ".join(str(error).split())
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"error: {line}", markup=False, style="red")
    raise typer.Exit(1)


def print_json(content: Mapping[str, Any]) -> None:
    """Write one JSON object to standard output."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
