"""`shls dataset list`, `show`: what a store contains."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import DatasetRef, Json, StoreFolder

commands = typer.Typer()


@commands.command(
    "list", epilog="Examples: `shls dataset list --store nightly/` · `shls dataset list --last 0`"
)
@command
def list_datasets(
    store: StoreFolder = "store",
    last: Annotated[
        int, typer.Option(min=0, help="How many of the newest to list; 0: all. JSON always has all.")
    ] = 100,
    as_json: Json = False,
) -> None:
    """List the published datasets, oldest first."""
    from flows.cli.dataset.listing import list_json, show_list
    from storage.store import Store

    opened = Store.open(store)
    print_json(list_json(opened)) if as_json else show_list(opened, last)


@commands.command(epilog="Examples: `shls dataset show photos@v2` · `shls dataset show 3fa9c1 --json`")
@command
def show(
    reference: DatasetRef,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Show what a dataset is made of: its stages, their statistics, what was rejected, the verdict."""
    from flows.cli.dataset.inspection import dataset_facts, show_facts
    from storage.kinds import RecordKind
    from storage.references import resolve
    from storage.store import Store

    opened = Store.open(store)
    facts = dataset_facts(opened, resolve(opened, reference, RecordKind.DATASET))
    print_json(facts) if as_json else show_facts(facts)
