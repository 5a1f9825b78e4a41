"""What every command of `shls` shares: quiet libraries, one-line errors, output for machines."""

import functools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from typer.core import TyperGroup

from shls_core.errors import ShlsError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LIBRARY_SETTINGS = {
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
    for name, value in LIBRARY_SETTINGS.items():
        os.environ.setdefault(name, value)
    if not debug:
        # An error is told once, by `command`; the log of a run is kept by Prefect's server.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # quiet: of a video it cannot read


class OneLineErrors(TyperGroup):
    """A group of commands that tells wrong options, too, in one line."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and, in standalone mode, leave with its exit code."""
        run = functools.partial(super().main, args, prog_name, complete_var, False, **extra)
        if not standalone_mode:
            return run()
        try:
            sys.exit(run())
        except typer.TyperException as error:
            if message := error.format_message():  # none where help was printed instead
                _print_error(message)
            sys.exit(error.exit_code)


class Terminated(BaseException):
    """SIGTERM came: somebody wants this process to end."""


def command(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make what stops a command one line on standard error and an exit code that is not 0."""

    @functools.wraps(function)
    def told(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            _hear_sigterm()
            return function(*arguments, **options)
        except ShlsError as error:
            _fail(error, str(error))
        except KeyboardInterrupt as interrupt:
            _fail(interrupt, "interrupted; what was finished is in the store and is not made again", 130)
        except Terminated as signalled:
            _fail(signalled, "terminated; what was finished is in the store and is not made again", 143)
        except (typer.Exit, BrokenPipeError):
            raise
        except Exception as error:  # a defect: a person at a terminal still gets one line
            where = "" if os.environ.get("SHLS_DEBUG") else "; `shls --debug` shows where"
            _fail(error, f"unexpected {type(error).__name__}: {error}{where}")

    return told


def _hear_sigterm() -> None:
    """Let SIGTERM unwind the command like Ctrl-C does: the ledger is told, servers and workers are ended."""

    def terminate(*_: object) -> NoReturn:
        raise Terminated

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)


def _fail(error: BaseException, message: str, exit_code: int = 1) -> NoReturn:
    if os.environ.get("SHLS_DEBUG"):
        traceback.print_exception(error)
    _print_error(message)
    raise typer.Exit(exit_code)


def _print_error(message: str) -> None:
    line = " ".join(message.split())
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"error: {line}", markup=False, style="red")


def print_json(content: Mapping[str, Any]) -> None:
    """Write one JSON object to standard output."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
