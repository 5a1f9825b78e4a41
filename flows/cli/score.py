"""`shls score`: scores a folder of masks by the DAVIS protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json

if TYPE_CHECKING:
    from shls_core.benchmarks.davis.layout import Year

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls score --davis DAVIS/ --results masks/ --split val` · "
    "`shls score --davis DAVIS/ --results masks/ --split val --year 2016 --json`"
)
@command
def score(
    davis: Annotated[str, typer.Option(metavar="ROOT", help="Folder with Annotations/ and ImageSets/.")],
    results: Annotated[
        str, typer.Option(metavar="FOLDER", help="A folder per video with a PNG per frame; tables go here.")
    ],
    split: Annotated[str, typer.Option(metavar="NAME", help="List of videos: val, train, …")] = "val",
    year: Annotated[int, typer.Option(metavar="2016|2017", help="2016: one object per video.")] = 2017,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes; by default one per core.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score masks against annotations exactly as the official evaluator does, and write its two tables."""
    from pathlib import Path

    from flows.cli.score_tables import score_json, show_scores
    from tasks.scoring.davis_scoring import score_results, write_tables

    objects = score_results(Path(davis), Path(results), split, checked_year(year), workers)
    write_tables(Path(results), split, objects)
    print_json(score_json(objects)) if as_json else show_scores(objects, f"DAVIS-{year} {split}")


def checked_year(year: int) -> Year:
    """Return a year of the benchmark.

    Raises
    ------
    InputError
        If there is no protocol of that year.
    """
    from shls_core.errors import InputError

    years: dict[int, Year] = {2016: 2016, 2017: 2017}
    if year not in years:
        raise InputError(f"expected --year 2016 or 2017, got {year}")
    return years[year]
