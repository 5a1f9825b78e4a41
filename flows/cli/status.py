"""`shls status`: what runs, what is scheduled, which datasets are stale, what the last runs took."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls status --store nightly/` · `shls status --json` · "
    "`shls status --page status.html`"
)
@command
def status(
    store: StoreFolder = "store",
    page: Annotated[
        str | None, typer.Option("--page", metavar="FILE", help="Write it as one HTML file, too.")
    ] = None,
    num_runs: Annotated[
        int, typer.Option("--runs", metavar="N", min=0, help="How many of the last runs to list.")
    ] = 10,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Read no photographs and videos: not whether the datasets are stale."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what runs, what is scheduled, whether the newest datasets are stale, and what the last runs took.

    Nothing is written to the store. Whether a dataset is stale is planned as a build would be, by the
    configuration of its last completed run.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from flows.cli.status_tables import show_status, state_line
    from flows.status.status import read_status
    from shls_core.files.whole_file import write_whole
    from storage.store import Store
    from tasks.reports.status_page import status_page
    from tasks.terminal import print_line

    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = read_status(Store.open(store), at, num_runs, quick)
    facts = found.model_dump(mode="json")
    if page:
        states = {one.name: state_line(one, found.freshness[one.name]) for one in found.store.names}
        write_whole(Path(page), status_page(facts, states))
        print_line(f"{'status':<12} {page}")
    print_json(facts) if as_json else show_status(found)
