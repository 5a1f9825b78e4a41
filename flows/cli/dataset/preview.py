"""`shls dataset preview`: a few samples of a configuration in one picture."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import ConfigPath, Images, Json, StoreFolder, chosen_config

commands = typer.Typer()


@commands.command(
    "preview",
    epilog="Examples: `shls dataset preview --config changed.yaml --images photos/ --out preview.png` · "
    "`shls dataset preview --config changed.yaml --against configs/paper.yaml --store nightly/`",
)
@command
def preview_dataset(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Photographs to try.")] = 6,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Another configuration, drawn below the first for comparison."),
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the PNG goes.")] = "preview.png",
    as_json: Json = False,
) -> None:
    """Draw what a configuration makes of a few photographs; nothing is written to the store."""
    from flows.cli.dataset.contact_sheet import check_sheet_path, contact_sheet, sample_row, write_sheet
    from flows.stages import dataset_stages
    from tasks.planning.left_out import left_out_line
    from tasks.staging.preview import handful, preview_samples
    from tasks.terminal import print_line, print_result

    path = Path(out)
    check_sheet_path(path)
    chosen = chosen_config(config, images)
    tried = {"": chosen} if against is None else {"new: ": chosen, "against: ": chosen_config(against)}
    with handful(chosen.ingest, store, chosen.name, count) as found:
        sides = [
            [
                sample_row(sample, prefix)
                for sample in preview_samples(
                    found.folder, dataset_stages(one), one.staging, one.ingest.max_side, count
                )
            ]
            for prefix, one in tried.items()
        ]
    rows = [row for pair in zip_longest(*sides) for row in pair if row]
    write_sheet(contact_sheet(rows), path)
    if found.left_out:
        print_line(left_out_line(found.left_out))
    for skipped in found.skipped:
        print_line(str(skipped))
    if as_json:
        print_json(
            {
                "picture": str(path),
                "samples": [row.caption for row in rows],
                "left_out": found.left_out,
                "skipped": [one.model_dump(mode="json") for one in found.skipped],
            }
        )
    else:
        print_result(f"{path}: {len(rows)} samples")
