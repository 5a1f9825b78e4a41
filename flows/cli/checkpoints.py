"""`shls checkpoint`: checkpoints that were made elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

checkpoints = typer.Typer(no_args_is_help=True, help="Checkpoints that were made on another machine.")


@checkpoints.callback()
def _checkpoint() -> None:
    """Checkpoints that were made on another machine."""


@checkpoints.command("import", epilog="Examples: `shls checkpoint import trained/ --store store --json`")
@command
def import_(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="What `python -m tasks.bare_training` wrote.")
    ],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Bring a checkpoint that was trained from an exported dataset into the store of that dataset."""
    from pathlib import Path

    from rich.console import Console

    from tasks.checkpoint_import import import_checkpoint

    checkpoint = import_checkpoint(Path(folder), store)
    if as_json:
        print_json({"checkpoint": checkpoint})
    else:
        Console(highlight=False).print(f"checkpoint {checkpoint[:12]}  imported")
