"""`shls report`: an evaluation as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder

reporting = typer.Typer()


@reporting.command(
    epilog="Examples: `shls report 3fa9c1 --out report.html` · "
    "`shls report 3fa9c1 --davis DAVIS/ --results masks/ --out report.html`"
)
@command
def report(
    reference: Annotated[str, typer.Argument(metavar="REF", help="Id of an evaluation, or its beginning.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="Where the page goes.")] = "report.html",
    davis: Annotated[
        str | None, typer.Option(metavar="ROOT", help="DAVIS, for pictures; with --results.")
    ] = None,
    results: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="The masks that were evaluated; with --davis.")
    ] = None,
    store: StoreFolder = "store",
    as_json: Json = False,
) -> None:
    """Write an evaluation as one HTML file that opens anywhere, offline."""
    from pathlib import Path

    from shls_core.errors import InputError
    from shls_core.whole_file import write_whole
    from storage.store import Store
    from tasks.reports.writing import evaluation_page

    if (davis is None) != (results is None):
        missing = "--results" if results is None else "--davis"
        raise InputError(f"expected --davis and --results together, got none for {missing}")
    path = Path(out)
    folders = (Path(davis), Path(results)) if davis and results else ()
    page = evaluation_page(Store.open(store), reference, *folders)
    write_whole(path, page)
    if as_json:
        print_json({"report": str(path), "bytes": len(page)})
    else:
        typer.echo(f"{path}: {len(page) / 1e6:.1f} MB")
