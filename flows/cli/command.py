"""What all commands of `shls` share: quiet libraries, one-line errors, JSON output."""

import functools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar, get_args, get_type_hints

import typer
from typer.core import TyperGroup

from flows.cli.machine_errors import described
from flows.environment.credentials import refuse_credentials
from flows.environment.home import provide_home
from flows.environment.streams import open_closed_streams
from shls_core.errors import InputError, ShlsError
from shls_core.files.places import expanded
from shls_core.foreign_text import json_text, redacted, redacted_values
from storage.files.proxies import reach_loopback_directly
from tasks.runs.limits import COMMAND, Needs, refuse_low_limits
from tasks.terminal import Terminal, log_event, logs_json

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_LONGEST_LINE = 1000
_PANICS = "pyo3_runtime"
"""The module of the exception that libraries in Rust panic with, which is no `Exception`."""
_PATHS = frozenset({"FILE", "FILE|salient", "FOLDER", "SOURCE...", "INPUT", "PNG", "ROOT"})
"""What the help of an option calls a path."""

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
    reach_loopback_directly()
    provide_home()
    for name, value in LIBRARY_SETTINGS.items():
        os.environ.setdefault(name, value)
    if not debug:
        # `command` prints an error once; Prefect's server keeps the log of a run.
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


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
        open_closed_streams()
        run = functools.partial(super().main, args, prog_name, complete_var, False, **extra)
        if not standalone_mode:
            return run()
        try:
            sys.exit(run())
        except typer.TyperException as error:
            if message := error.format_message():  # empty where help was printed instead
                _print_error(message)
            sys.exit(error.exit_code)
        except ShlsError as error:  # before a command began
            _print_error(str(error))
            sys.exit(1)


class Terminated(BaseException):
    """SIGTERM was received: this process has to end."""


def command(
    function: Callable[Arguments, Result], needs: Needs | None = COMMAND
) -> Callable[Arguments, Result]:
    """Wrap a command: an exception becomes one line on standard error and a non-zero exit code.

    `needs`: what the limits of the process have to allow; None: the command runs under any.
    """

    @functools.wraps(function)
    def wrapper(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            _handle_sigterm()
            _refuse_empty(options)
            refuse_credentials(options)
            if needs:
                refuse_low_limits(needs)
            return function(*arguments, **_with_paths_expanded(function, options))
        except ShlsError as error:
            _fail(error, str(error))
        except KeyboardInterrupt as interrupt:
            _fail(interrupt, "interrupted; what was finished is in the store and is not made again", 130)
        except Terminated as signalled:
            _fail(signalled, "terminated; what was finished is in the store and is not made again", 143)
        except (typer.Exit, BrokenPipeError):
            raise
        except RecursionError as error:
            _fail(error, "expected values that are not nested as deeply as these; `shls --debug` shows where")
        except Exception as error:
            if of_machine := described(error):
                _fail(error, of_machine)
            if isinstance(error, OSError) and error.filename:
                _fail(error, f"expected to use {os.fsdecode(error.filename)}: {error.strerror}")
            _fail_unexpectedly(error)
        except BaseException as error:
            if type(error).__module__ != _PANICS:
                raise
            _fail_unexpectedly(error)

    return wrapper


def _refuse_empty(options: Mapping[str, object]) -> None:
    """Refuse an empty text where something is named: a path would mean the current folder."""
    for name, value in options.items():
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, str) and not each.strip():
                raise InputError(f"expected something for {name.replace('_', '-')}, got an empty text")


def _with_paths_expanded(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a command's options, with ``~`` expanded in those that its help calls paths."""
    hints = get_type_hints(function, include_extras=True)

    def expand(value: Any) -> Any:
        return expanded(value) if isinstance(value, str) else value

    done = dict(options)
    for name, value in options.items():
        if any(getattr(about, "metavar", None) in _PATHS for about in get_args(hints[name])[1:]):
            try:
                done[name] = [*map(expand, value)] if isinstance(value, list | tuple) else expand(value)
            except InputError as error:
                raise InputError(f"{error} (--{name.replace('_', '-')})") from error
    return done


def _handle_sigterm() -> None:
    """Let SIGTERM unwind the command like Ctrl-C: the run is recorded, servers and workers are stopped."""

    def terminate(*_: object) -> NoReturn:
        raise Terminated

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)


def _fail_unexpectedly(error: BaseException) -> NoReturn:
    """Report a defect: a person at a terminal still gets one line."""
    where = "" if os.environ.get("SHLS_DEBUG") else "; `shls --debug` shows where"
    _fail(error, f"unexpected {type(error).__name__}: {error}{where}")


def _fail(error: BaseException, message: str, exit_code: int = 1) -> NoReturn:
    if os.environ.get("SHLS_DEBUG"):
        sys.stderr.write(redacted("".join(traceback.format_exception(error))))
    _print_error(message)
    raise typer.Exit(exit_code)


def _print_error(message: str) -> None:
    line = " ".join(message.split())
    if len(line) > _LONGEST_LINE:  # it repeats a value that is no name any more
        line = f"{line[: _LONGEST_LINE // 2]} … {line[-_LONGEST_LINE // 2 :]}"
    if logs_json():
        log_event(line, "error")
        return
    Terminal(stderr=True, highlight=False, soft_wrap=True).print(f"error: {line}", style="red")


def print_json(content: Mapping[str, Any]) -> None:
    """Write one JSON object to standard output: every text exactly, without credentials."""
    text = json.dumps(redacted_values(content), indent=2, ensure_ascii=False)
    sys.stdout.write(json_text(text) + "\n")
