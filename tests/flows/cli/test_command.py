"""What every command does with errors that no exception class of ours has."""

import pytest
import typer

from flows.cli.command import command


class Panic(BaseException):
    """As libraries in Rust raise it."""


Panic.__module__ = "pyo3_runtime"


def test_a_panic_of_a_library_is_one_line(capfd):
    @command
    def panics() -> None:
        raise Panic("called `Result::unwrap()`")

    with pytest.raises(typer.Exit) as raised:
        panics()
    assert raised.value.exit_code == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line == "error: unexpected Panic: called `Result::unwrap()`; `shls --debug` shows where"


def test_other_exits_stay_what_they_are():
    @command
    def leaves() -> None:
        raise SystemExit(7)

    with pytest.raises(SystemExit) as raised:
        leaves()
    assert raised.value.code == 7
