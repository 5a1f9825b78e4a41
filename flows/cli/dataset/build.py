"""`shls dataset build`: photographs in, a published dataset out."""

from __future__ import annotations

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    AcceptDrift,
    Backend,
    ConfigPath,
    Images,
    Json,
    Rehash,
    StoreFolder,
    Videos,
    Workers,
    chosen_config,
)
from flows.cli.prefect_server import reach_server

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls dataset build --images photos/ --config configs/paper.yaml` · "
    "`shls dataset build --backend serial --json`"
)
@command
def build(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    videos: Videos = None,
    backend: Backend = None,
    workers: Workers = None,
    accept_drift: AcceptDrift = False,
    rehash: Rehash = False,
    as_json: Json = False,
) -> None:
    """Stage, validate and publish a dataset. What is already in the store is reused."""
    chosen = chosen_config(config, images, backend, workers, videos, accept_drift, rehash)
    reach_server()
    from flows.cli.results import dataset_json, show_dataset
    from flows.regenerate import regenerate

    outcome = regenerate(chosen, store)
    print_json(dataset_json(outcome)) if as_json else show_dataset(outcome)
