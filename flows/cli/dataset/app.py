"""`shls dataset`: the commands of its modules, side by side."""

from __future__ import annotations

import typer

from flows.cli.dataset.exporting import exporting
from flows.cli.dataset.looking import looking
from flows.cli.dataset.measuring import measuring
from flows.cli.dataset.near_duplicates import near_duplicates
from flows.cli.dataset.planning import planning
from flows.cli.dataset.preview import preview
from flows.cli.dataset.replaying import replaying
from flows.cli.dataset.staging import staging
from flows.cli.dataset.upkeep import upkeep
from flows.cli.dataset.withdrawing import withdrawing

dataset_app = typer.Typer(no_args_is_help=True, help="Build datasets, look at them, keep them in order.")
for commands in (
    staging,
    planning,
    preview,
    looking,
    near_duplicates,
    measuring,
    replaying,
    exporting,
    upkeep,
    withdrawing,
):
    dataset_app.add_typer(commands)
