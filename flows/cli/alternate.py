"""`shls alternate`: rounds of clustering and training."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    AllowWithdrawn,
    Backend,
    ConfigPath,
    Json,
    StartsFrom,
    StoreFolder,
    Videos,
    Workers,
    chosen_config,
    starting_from,
)
from flows.cli.prefect_server import reach_server

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls alternate --config mask_vos_clips --videos films/ --starts-from 3fa9c1` · "
    "`shls alternate --config mask_vos_clips --videos films/ --starts-from 3fa9c1 --rounds 3`"
)
@command
def alternate(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    videos: Videos = None,
    starts_from: StartsFrom = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How many rounds; by default those of the config.")
    ] = None,
    backend: Backend = None,
    workers: Workers = None,
    allow_withdrawn: AllowWithdrawn = False,
    as_json: Json = False,
) -> None:
    """Cluster clips with a checkpoint, train on the clusters, and begin again with the new checkpoint.

    Every round is a dataset and a checkpoint. After an interruption, the same command goes on and gives the
    same ids.
    """
    chosen = starting_from(chosen_config(config, None, backend, workers, videos), starts_from)
    if rounds is not None:
        chosen = chosen.model_copy(update={"rounds": rounds})
    reach_server()
    from flows.alternate import alternate as alternate_flow
    from flows.cli.results import alternate_json, show_rounds

    outcome = alternate_flow(chosen, store, allow_withdrawn)
    print_json(alternate_json(outcome)) if as_json else show_rounds(outcome)
