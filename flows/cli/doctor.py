"""`shls doctor`: what of this machine works, what does not, and what helps."""

from __future__ import annotations

import functools
import sys
from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()


@commands.command(epilog="Examples: `shls doctor` · `shls doctor --thorough` · `shls doctor --json`")
@functools.partial(command, needs=None)
def doctor(
    store: StoreFolder = "store",
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Start Ray and Prefect's server, too: half a minute.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at Python, packages, processor, codecs, Ray, Prefect, store, limits; name what helps."""
    from dataclasses import asdict

    from flows.cli.doctor_report import show_finding, show_summary
    from flows.doctor.checks import findings
    from flows.doctor.finding import Request

    found = []
    for finding in findings(Request(store, thorough)):
        found.append(finding)
        if not as_json:
            show_finding(finding)
    num_problems = sum(finding.state == "problem" for finding in found)
    if as_json:
        print_json({"problems": num_problems, "findings": [asdict(finding) for finding in found]})
    else:
        show_summary(found)
    if num_problems:
        sys.stdout.flush()
        raise typer.Exit(1)
