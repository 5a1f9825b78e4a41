"""`shls train`: trains on a dataset, or trains a checkpoint again to compare."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    AllowWithdrawn,
    ConfigPath,
    Json,
    StartsFrom,
    StoreFolder,
    chosen_config,
    starting_from,
)
from flows.cli.prefect_server import reach_server

commands = typer.Typer()

EXIT_CODES = {"agrees": 0, "disagrees": 1, "not comparable": 3}
"""Exit code of ``--reproduce`` for each verdict."""


@commands.command(
    epilog="Examples: `shls train` · `shls train --dataset photos@v3 --config configs/paper.yaml` · "
    "`shls train --tensorboard --log-dir runs/` · `shls train --reproduce 3fa9c1`"
)
@command
def train(
    dataset: Annotated[
        str | None,
        typer.Option(help="Name or id of the dataset; by default the latest of the config's name."),
    ] = None,
    config: ConfigPath = None,
    store: StoreFolder = "store",
    log_dir: Annotated[
        str | None,
        typer.Option(
            "--log-dir", metavar="FOLDER", help="Where metrics go; by default runs/ beside the store."
        ),
    ] = None,
    tensorboard: Annotated[
        bool | None, typer.Option("--tensorboard", help="Also write metrics for TensorBoard.")
    ] = None,
    starts_from: StartsFrom = None,
    reproduce: Annotated[
        str | None,
        typer.Option(
            "--reproduce",
            metavar="CHECKPOINT",
            help="Train this checkpoint again from its record, and compare. Exit code 0: the weights agree, "
            "1: they do not, 3: code, packages or device differ, so they cannot be compared. "
            "Of --config, only `execution` is used.",
        ),
    ] = None,
    allow_withdrawn: AllowWithdrawn = False,
    as_json: Json = False,
) -> None:
    """Train a network on a dataset that passed the gate and has no withdrawn photograph.

    A training that was interrupted resumes from its last saved state and gives the same checkpoint.
    """
    chosen = chosen_config(config).with_changes(execution={"log_dir": log_dir, "tensorboard": tensorboard})
    if reproduce:
        _refuse_with_reproduce(
            {
                "--dataset": dataset,
                "--log-dir": log_dir,
                "--tensorboard": tensorboard,
                "--starts-from": starts_from,
            }
        )
        reach_server()
        from flows.cli.results import reproduction_json, show_reproduction
        from flows.reproduce import reproduce as reproduce_flow

        again = reproduce_flow(reproduce, chosen, store, allow_withdrawn)
        print_json(reproduction_json(again)) if as_json else show_reproduction(again)
        raise typer.Exit(EXIT_CODES[again.verdict])

    reach_server()
    from flows.cli.results import show_training, training_json
    from flows.train import train as train_flow

    outcome = train_flow(starting_from(chosen, starts_from), store, dataset, allow_withdrawn)
    print_json(training_json(outcome)) if as_json else show_training(outcome)


def _refuse_with_reproduce(options: dict[str, object]) -> None:
    from shls_core.errors import InputError

    if given := [option for option, value in options.items() if value]:
        raise InputError(
            f"expected --reproduce without {', '.join(given)}: the record says what it was trained on, and "
            "nothing is logged"
        )
