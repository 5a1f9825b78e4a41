"""`shls dataset`: the commands of its modules, side by side."""

from __future__ import annotations

import typer

from flows.cli.dataset.looking import looking
from flows.cli.dataset.planning import planning
from flows.cli.dataset.preview import preview
from flows.cli.dataset.staging import staging

dataset_app = typer.Typer(no_args_is_help=True, help="Build datasets and look at them.")
for commands in (staging, planning, preview, looking):
    dataset_app.add_typer(commands)
