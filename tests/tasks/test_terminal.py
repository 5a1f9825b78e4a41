import ast
import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from rich.table import Table
from rich.tree import Tree

from tasks.terminal import Terminal, log_event, log_fields, print_line, print_result, terminal_progress

PROJECT = Path(__file__).parents[2]
NAMES = ("[/x].jpg", "[red]a[/red]", "a\x1b[31mb\x9b2J", "a\nb", "gpj.\u202etac", ":smile:", "half\udce9")
SHOWN = ("[/x].jpg", "[red]a[/red]", r"a\x1b[31mb\x9b2J", r"a\nb", r"gpj.\u202etac", ":smile:", r"half\udce9")


def in_table(console, name):
    table = Table("name", title=name)
    table.add_row(name)
    console.print(table)


def in_tree(console, name):
    tree = Tree(name)
    tree.add(name, style="dim")
    console.print(tree)


@pytest.mark.parametrize("show", [Terminal.print, in_table, in_tree], ids=["line", "table", "tree"])
@pytest.mark.parametrize(("name", "shown"), list(zip(NAMES, SHOWN, strict=True)))
def test_names_are_printed_as_they_are_shown(show, name, shown):
    console = Terminal(width=200, color_system="truecolor", force_terminal=True)
    with console.capture() as captured:
        show(console, name)
    assert shown in re.sub(r"\x1b\[[0-9;]*m", "", captured.get())  # Rich's own colours


@pytest.mark.parametrize("show", [print_line, print_result])
def test_a_line_is_one_line_without_credentials(show, capsys):
    show("s3://me:SECRET@bucket [/x]\x1b[2J\n" + "x" * 300)
    out, err = capsys.readouterr()
    assert (out + err).splitlines() == [r"s3://***@bucket [/x]\x1b[2J\n" + "x" * 300]


def test_progress_names_what_it_is_of(capsys):
    with terminal_progress("[/x]\x1b", "frames") as advance:
        advance(1, 2)
    assert "\x1b" not in capsys.readouterr().err


def test_lines_of_long_work_say_how_long_it_may_take(capsys, monkeypatch):
    clock = iter([0.0, 0.0, 12.0, 12.0, 12.0, 30.0, 30.0, 30.0])
    monkeypatch.setattr("tasks.terminal.time.monotonic", lambda: next(clock))
    with terminal_progress("adapt", "steps") as advance:
        advance(40, 100)
        advance(100, 100)
    assert capsys.readouterr().err.splitlines() == [
        "adapt: 40 of 100 steps, about 18 s left",
        "adapt: 100 of 100 steps",
    ]


def test_nothing_else_prints():
    """Every other way to the terminal would print names as they are."""
    found = set()
    for package in ("flows", "tasks", "storage", "shls_core"):
        for path in (PROJECT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module in ("rich.console", "rich"):
                    found.add(str(path.relative_to(PROJECT)))
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in ("echo", "secho"):
                    found.add(str(path.relative_to(PROJECT)))
                if isinstance(called, ast.Name) and called.id == "print":
                    found.add(str(path.relative_to(PROJECT)))
    # Graphs of quoted labels, training without Rich, and figures for a file.
    assert found == {
        "flows/cli/lineage/app.py",
        "tasks/terminal.py",
        "tasks/training/bare_training.py",
        "tasks/training/log.py",
    }


def test_work_goes_on_when_nobody_reads_standard_error_any_more():
    script = (
        "import os, sys\n"
        "from tasks.terminal import print_line, print_result\n"
        "print_line('before'); sys.stdin.readline()\n"
        "print_line('lost'); sys.stderr.write('lost, too'); sys.stderr.flush(); print_result('after')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline() == "before\n"
    process.stderr.close()
    process.stderr = None
    out, _ = process.communicate("\n", timeout=60)
    assert (process.returncode, out) == (0, "after\n")


@pytest.fixture
def as_json(monkeypatch):
    monkeypatch.setenv("SHLS_LOG_JSON", "1")


def logged(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_lines_are_json_objects_with_the_fields_of_where_they_are_logged(as_json, capsys):
    print_line("before")
    with log_fields(run="r", kind="dataset"):
        with log_fields(stage="ingest"):
            log_event("shard made", shard="abc", rows=3)
        print_line("after", "error")
    entries = logged(capsys)
    assert all(datetime.fromisoformat(entry.pop("time")).tzinfo for entry in entries)
    assert entries == [
        {"level": "info", "message": "before"},
        {
            "level": "info",
            "run": "r",
            "kind": "dataset",
            "stage": "ingest",
            "shard": "abc",
            "rows": 3,
            "message": "shard made",
        },
        {"level": "error", "run": "r", "kind": "dataset", "message": "after"},
    ]


@pytest.mark.parametrize("name", NAMES[:-1])
def test_names_in_json_stay_names_on_one_line_that_no_terminal_obeys(as_json, name, capsys):
    print_line(name)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == name
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_json_lines_have_no_credentials(as_json, capsys):
    print_line("s3://me:SECRET@bucket")
    assert "SECRET" not in capsys.readouterr().err


def test_events_are_for_machines_alone(capsys):
    log_event("shard made", shard="abc")
    assert capsys.readouterr().err == ""
