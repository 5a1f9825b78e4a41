"""`shls dataset`: the commands of all modules of this package."""

from __future__ import annotations

import typer

from flows.cli.dataset.build import staging
from flows.cli.dataset.export import exporting
from flows.cli.dataset.measure_masks import measuring
from flows.cli.dataset.near_duplicates import near_duplicates
from flows.cli.dataset.plan import planning
from flows.cli.dataset.preview import preview
from flows.cli.dataset.replay import replaying
from flows.cli.dataset.show import looking
from flows.cli.dataset.upkeep import upkeep
from flows.cli.dataset.withdraw import withdrawing

dataset_app = typer.Typer(no_args_is_help=True, help="Build, inspect and maintain datasets.")
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
