"""`shls dataset near-duplicates`: which photographs, and which videos, show the same picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import DatasetRef, Json, StoreFolder

commands = typer.Typer()


@commands.command(
    "near-duplicates",
    epilog="Examples: `shls dataset near-duplicates photos` · "
    "`shls dataset near-duplicates photos --out sheet.png`",
)
@command
def near_duplicates_command(
    reference: DatasetRef,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the groups into this PNG file.")
    ] = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """List photographs, and videos, that show the same picture; a group lies on one side of the split.

    Videos are compared by the middle frames of their clips.
    """
    from rich.table import Table

    from flows.cli.dataset.duplicate_sheet import write_duplicate_sheet
    from storage.kinds import RecordKind
    from storage.records.manifests import DatasetManifest, get_record
    from storage.references import resolve
    from storage.rows.near_duplicates import near_duplicates_of
    from storage.rows.source_kinds import kinds_among
    from storage.store import Store
    from tasks.terminal import Terminal

    opened = Store.open(store)
    dataset = resolve(opened, reference, RecordKind.DATASET)
    objects = opened.with_stand_ins()
    groups = near_duplicates_of(objects, dataset)
    if out is not None and groups:
        write_duplicate_sheet(objects, groups, out)
    if as_json:
        listed = [{"split": group.split, group.kind.plural: list(group.file_names)} for group in groups]
        print_json({"dataset": dataset, "groups": listed})
        return
    kinds = kinds_among(get_record(objects, dataset, DatasetManifest).stages)
    table = Table(
        " or ".join(kind.plural for kind in kinds), "split", title=f"{len(groups)} groups of near-duplicates"
    )
    for group in groups:
        table.add_row(", ".join(group.file_names), group.split.replace("_", " "))
    Terminal().print(table)
