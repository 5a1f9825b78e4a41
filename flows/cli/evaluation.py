"""`shls evaluate`: a checkpoint on held-out sequences, or on the videos of a benchmark."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Backend, ConfigPath, Json, StoreFolder, Workers, chosen_config
from flows.cli.prefect_server import reach_server

evaluation = typer.Typer()


@evaluation.command(
    epilog="Examples: `shls evaluate` · `shls evaluate --checkpoint 3fa9c1 --json` · "
    "`shls evaluate --davis DAVIS/ --split val --out masks/`"
)
@command
def evaluate(
    checkpoint: Annotated[
        str | None, typer.Option(help="Id of the checkpoint, or its beginning; by default the newest one.")
    ] = None,
    davis: Annotated[
        str | None, typer.Option(metavar="ROOT", help="DAVIS; without it, held-out sequences are scored.")
    ] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Of DAVIS: val, train, …")] = "val",
    year: Annotated[int, typer.Option(metavar="2016|2017", help="2016: one object a video.")] = 2017,
    out: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Where masks and tables go; what is there is not made again."),
    ] = None,
    num_superpixels: Annotated[
        int | None,
        typer.Option("--superpixels", metavar="N", min=1, help="By default 4,000 at 854x480, by area."),
    ] = None,
    max_side: Annotated[
        int | None, typer.Option(metavar="PX", min=32, help="Work on smaller frames.")
    ] = None,
    config: ConfigPath = None,
    store: StoreFolder = "store",
    backend: Backend = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Score a checkpoint on held-out sequences beside the baselines, or on DAVIS by its official protocol."""
    chosen = chosen_config(config, backend=backend, workers=workers)
    if davis is None:
        reach_server()
        from flows.cli.results import evaluation_json, show_evaluation
        from flows.evaluate import evaluate as on_held_out

        scored = on_held_out(checkpoint, chosen, store)
        print_json(evaluation_json(scored)) if as_json else show_evaluation(scored)
        return

    from flows.cli.scoring import checked_year
    from shls_core.errors import InputError

    if out is None:
        raise InputError("expected --out FOLDER for the masks of --davis, got none")
    checked = checked_year(year)
    reach_server()
    from flows.cli.score_tables import benchmark_json, show_benchmark
    from flows.evaluate_benchmark import evaluate_benchmark

    outcome = evaluate_benchmark(
        davis, out, split, checked, checkpoint, chosen, store, num_superpixels, max_side
    )
    print_json(benchmark_json(outcome, store)) if as_json else show_benchmark(outcome, store)
