"""`shls dataset diff`: what differs between two datasets."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls dataset diff photos@v2 photos@v3` · `shls dataset diff 3fa9c1 photos --json`"
)
@command
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Name, id, or the beginning of an id.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The other dataset.")],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Show what differs between two datasets: sources, parameters, code, packages, rows, statistics."""
    from flows.cli.dataset.diff_tables import show_difference
    from storage.store import Store
    from tasks.staging.dataset_diff import compare_datasets

    difference = compare_datasets(Store.open(store), before, after)
    print_json(difference.model_dump(mode="json")) if as_json else show_difference(difference)
