"""`shls report`: a dataset, a checkpoint or an evaluation as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls report photos@v2 --out photos.html` · `shls report 3fa9c1 --out report.html` · "
    "`shls report 3fa9c1 --davis DAVIS/ --results masks/ --out report.html`"
)
@command
def report(
    reference: Annotated[
        str,
        typer.Argument(
            metavar="REF",
            help="Name or id of a dataset; id of a checkpoint or an evaluation, or its beginning.",
        ),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the page goes.")] = "report.html",
    davis: Annotated[
        str | None,
        typer.Option(metavar="ROOT", help="DAVIS, for the pictures of an evaluation on it; with --results."),
    ] = None,
    results: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The masks that were evaluated; with --davis.")
    ] = None,
    log_dir: Annotated[
        str | None,
        typer.Option(
            "--log-dir",
            metavar="FOLDER",
            help="For a checkpoint: where the log of its training is, for the loss curve; by default runs/ "
            "beside the store.",
        ),
    ] = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Write a dataset, a checkpoint or an evaluation as one HTML file that opens anywhere, offline.

    For a dataset or a checkpoint it shows: what was made from what, every stage with its statistics and the
    gate's findings, samples, what was rejected, what was made from it, who made it, and how to make it again.
    """
    from pathlib import Path

    from shls_core.errors import InputError
    from shls_core.files.whole_file import write_whole
    from storage.store import Store
    from tasks.reports.page_of import page_of
    from tasks.terminal import print_result

    if (davis is None) != (results is None):
        missing = "--results" if results is None else "--davis"
        raise InputError(f"expected --davis and --results together, got none for {missing}")
    path = Path(out)
    page = page_of(
        Store.open(store),
        reference,
        log_dir=log_dir,
        davis=None if davis is None else Path(davis),
        results=None if results is None else Path(results),
    )
    write_whole(path, page)
    if as_json:
        print_json({"report": str(path), "bytes": len(page)})
    else:
        print_result(f"{path}: {len(page) / 1e6:.1f} MB")
