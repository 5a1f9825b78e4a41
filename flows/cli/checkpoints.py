"""`shls checkpoint`: list, import and export the checkpoints of a store."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import ConfigPath, Json, StoreFolder, chosen_config
from storage.canonical import short

checkpoints = typer.Typer(no_args_is_help=True, help="List, import and export the checkpoints of a store.")


@checkpoints.callback()
def _checkpoint() -> None:
    """List, import and export the checkpoints of a store."""


@checkpoints.command("list", epilog="Examples: `shls checkpoint list` · `shls checkpoint list --json`")
@command
def list_(store: StoreFolder = "store", as_json: Json = False) -> None:
    """List the checkpoints that were trained or imported, oldest first."""
    from dataclasses import asdict

    from flows.cli.checkpoint_table import checkpoint_table
    from storage.store import Store
    from tasks.checkpoints.listing import list_checkpoints
    from tasks.terminal import Terminal

    found = list_checkpoints(Store.open(store))
    if as_json:
        print_json({"checkpoints": [asdict(one) for one in found]})
    else:
        Terminal().print(checkpoint_table(found))


@checkpoints.command("import", epilog="Examples: `shls checkpoint import trained/ --store store --json`")
@command
def import_(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="What `python -m tasks.training.bare_training` wrote.")
    ],
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Import a checkpoint that was trained on an exported dataset into the store of that dataset."""
    from pathlib import Path

    from storage.store import Store
    from tasks.checkpoints.importing import import_checkpoint
    from tasks.terminal import Terminal

    checkpoint = import_checkpoint(Path(folder), Store.open(store))
    if as_json:
        print_json({"checkpoint": checkpoint})
    else:
        Terminal(highlight=False).print(f"checkpoint {short(checkpoint)}  imported")


@checkpoints.command(
    epilog="Examples: `shls checkpoint export 3fa9c1 --out trained/` · "
    "`shls checkpoint export 3fa9c1 --pretrained --config configs/stills.yaml --out weights/`"
)
@command
def export(
    checkpoint: Annotated[
        str, typer.Argument(metavar="CHECKPOINT", help="Id of the checkpoint, or its beginning.")
    ],
    out: Annotated[str, typer.Option(metavar="FOLDER", help="A new folder.")],
    pretrained: Annotated[
        bool,
        typer.Option(
            "--pretrained",
            help="In half the bytes (bfloat16), for use without its dataset: the form of the checkpoint that "
            "comes with the project. `method` of --config states how it is used.",
        ),
    ] = False,
    config: ConfigPath = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Write a checkpoint's weights and record into a folder."""
    from pathlib import Path

    from shls_core.errors import InputError
    from storage.kinds import RecordKind
    from storage.references import resolve
    from storage.store import Store
    from tasks.checkpoints.exporting import export_checkpoint, export_pretrained
    from tasks.terminal import Terminal

    if pretrained != (config is not None):
        raise InputError("expected --pretrained and --config together, got one without the other")
    opened = Store.open(store)
    found = resolve(opened, checkpoint, RecordKind.CHECKPOINT)
    if pretrained:
        exported = export_pretrained(opened, found, Path(out), chosen_config(config).method)
    else:
        exported = export_checkpoint(opened, found, Path(out))
    if as_json:
        print_json({"checkpoint": exported, "folder": out})
    else:
        line = f"checkpoint {short(exported)}  in {out}"
        Terminal(highlight=False, soft_wrap=True).print(line)
