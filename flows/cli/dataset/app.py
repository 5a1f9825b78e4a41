"""`shls dataset`: the commands of all modules of this package."""

from __future__ import annotations

import typer

from flows.cli.dataset import (
    build,
    diff,
    export,
    measure_masks,
    near_duplicates,
    plan,
    preview,
    replay,
    show,
    upkeep,
    withdraw,
)

dataset_app = typer.Typer(no_args_is_help=True, help="Build, inspect and maintain datasets.")
for module in (
    build,
    plan,
    diff,
    preview,
    show,
    near_duplicates,
    measure_masks,
    replay,
    export,
    upkeep,
    withdraw,
):
    dataset_app.add_typer(module.commands)
