"""`shls schedule apply`, `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json

schedule_app = typer.Typer(
    no_args_is_help=True, help="The project on a schedule: deployments, healing, notifications."
)


@schedule_app.command(
    epilog="Examples: `shls schedule apply` · `SHLS_NOTIFY=https://HOST/HOOK shls schedule apply`"
)
@command
def apply(
    file: Annotated[
        str, typer.Option("--file", metavar="FILE", help="What is deployed, and with which parameters.")
    ] = "prefect.yaml",
    as_json: Json = False,
) -> None:
    """Bring Prefect's server to what prefect.yaml says, as often as you like.

    Makes or replaces, by name, work pools, deployments and automations: a run that is silent for three
    heartbeats is crashed, a crashed run is started again at most three times a day, and whoever SHLS_NOTIFY
    names (webhooks, or addresses of Apprise as mailtos://, separated by spaces) is notified of runs that
    crashed, failed or are late. Without SHLS_NOTIFY, notifications stay as they are; SHLS_NOTIFY=nobody ends
    them.
    """
    from pathlib import Path

    from flows.cli.prefect_server import require_server
    from flows.cli.schedule.results import show_applied
    from flows.schedule.applying import apply as apply_now

    require_server()
    applied = apply_now(Path(file))
    if as_json:
        print_json({"applied": [one.model_dump() for one in applied]})
    else:
        show_applied(applied)


@schedule_app.command(epilog="Examples: `shls schedule show` · `shls schedule show --json`")
@command
def show(as_json: Json = False) -> None:
    """Show what is deployed, when it runs next, which workers serve it, and the automations."""
    from flows.cli.prefect_server import require_server
    from flows.cli.schedule.results import show_overview
    from flows.schedule.overview import overview

    require_server()
    found = overview()
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        show_overview(found)
