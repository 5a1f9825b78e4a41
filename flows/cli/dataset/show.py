"""`shls dataset list`, `show`: what a store contains."""

from __future__ import annotations

import typer

from flows.cli.command import command, print_json
from flows.cli.options import DatasetRef, Json, StoreFolder

commands = typer.Typer()


@commands.command("list", epilog="Example: `shls dataset list --store nightly/`")
@command
def list_datasets(store: StoreFolder = "store", as_json: Json = False) -> None:
    """List the published datasets, oldest first."""
    from flows.cli.dataset.inspection import list_json, show_list
    from storage.store import Store

    opened = Store.open(store)
    print_json(list_json(opened)) if as_json else show_list(opened)


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
