"""`shls dataset`: build, list, show."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Backend, ConfigPath, Images, Json, StoreFolder, Workers, chosen_config
from flows.cli.prefect_server import reach_server

dataset_app = typer.Typer(no_args_is_help=True, help="Build datasets and look at them.")


@dataset_app.command(
    epilog="Examples: `shls dataset build --images photos/ --config configs/paper.yaml` · "
    "`shls dataset build --backend serial --json`"
)
@command
def build(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    backend: Backend = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Stage, validate and publish a dataset. What is in the store already is not made again."""
    chosen = chosen_config(config, images, backend, workers)
    reach_server()
    from flows.cli.results import dataset_json, show_dataset
    from flows.regenerate import regenerate

    outcome = regenerate(chosen, store)
    print_json(dataset_json(outcome)) if as_json else show_dataset(outcome)


@dataset_app.command("list", epilog="Example: `shls dataset list --store nightly/`")
@command
def list_datasets(store: StoreFolder = "store", as_json: Json = False) -> None:
    """List the published datasets, oldest first."""
    from flows.cli.inspection import list_json, show_list
    from storage.store import Store

    opened = Store.open(store)
    print_json(list_json(opened)) if as_json else show_list(opened)


@dataset_app.command(epilog="Examples: `shls dataset show photos@v2` · `shls dataset show 3fa9c1 --json`")
@command
def show(
    reference: Annotated[str, typer.Argument(metavar="REF", help="Name, id, or the beginning of an id.")],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Show what a dataset is made of: its stages, their statistics, what was rejected, the verdict."""
    from flows.cli.inspection import dataset_facts, show_facts
    from storage.references import resolve
    from storage.store import Store

    opened = Store.open(store)
    facts = dataset_facts(opened, resolve(opened, reference, "dataset"))
    print_json(facts) if as_json else show_facts(facts)
