"""What all commands of `shls` share: quiet libraries, one-line errors, JSON output."""

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
    # The first start of Prefect's server with a new home takes longer than its default timeout.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Under `uv run`, Ray would upload the current folder and make every worker an environment of its own.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # If threads spin while they wait, two are slower than one as soon as the machine has other work.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def prepare_libraries(debug: bool) -> None:
    """Set the environment that Prefect, Ray and Great Expectations read at import; the user's values win."""
    for name, value in LIBRARY_SETTINGS.items():
        os.environ.setdefault(name, value)
    if not debug:
        # `command` prints an error once; Prefect's server keeps the log of a run.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # no output about videos it cannot read


class OneLineErrors(TyperGroup):
    """A group of commands that also reports wrong options in one line."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and, in standalone mode, exit with its exit code."""
        run = functools.partial(super().main, args, prog_name, complete_var, False, **extra)
        if not standalone_mode:
            return run()
        try:
            sys.exit(run())
        except typer.TyperException as error:
            if message := error.format_message():  # empty where help was printed instead
                _print_error(message)
            sys.exit(error.exit_code)


class Terminated(BaseException):
    """SIGTERM was received: this process has to end."""


def command(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Wrap a command: an exception becomes one line on standard error and a non-zero exit code."""

    @functools.wraps(function)
    def wrapper(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            _handle_sigterm()
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

    return wrapper


def _handle_sigterm() -> None:
    """Let SIGTERM unwind the command like Ctrl-C: the run is recorded, servers and workers are stopped."""

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
