"""`shls evaluate`: a checkpoint on held-out sequences, or on the videos of a benchmark."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    Adapt,
    Backend,
    Checkpoints,
    Features,
    Json,
    NumSuperpixels,
    Propagation,
    Quality,
    Share,
    Snap,
    StoreFolder,
    UseConfigPath,
    Workers,
)
from flows.cli.prefect_server import reach_server

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls evaluate` · `shls evaluate --checkpoint 3fa9c1 --json` · "
    "`shls evaluate --davis DAVIS/ --split val --out masks/` · "
    "`shls evaluate --davis DAVIS/ --out masks/ --propagation label_propagation --features layer4` · "
    "`shls evaluate --davis DAVIS/ --out masks/ --checkpoint untrained --config configs/stills.yaml "
    "--propagation label_propagation` · "
    "`shls evaluate --davis DAVIS/ --out masks/ --checkpoint pretrained --checkpoint 3fa9c1 --share 1` · "
    "`shls evaluate --benchmark YouTube-VOS/ --format youtube-vos --out submission/`"
)
@command
def evaluate(
    checkpoint: Checkpoints = None,
    share: Share = None,
    quality: Quality = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            "--benchmark",
            "--davis",
            metavar="ROOT",
            help="DAVIS, or the benchmark of --format; without it, held-out sequences are scored.",
        ),
    ] = None,
    layout: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="davis|youtube-vos",
            help="Of --benchmark. youtube-vos: masks to submit, in the layout of its server, and no scores.",
        ),
    ] = "davis",
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Videos: val (DAVIS), valid (YouTube-VOS), valid_all_frames, …"),
    ] = None,
    year: Annotated[
        int, typer.Option(metavar="2016|2017", help="Of DAVIS; 2016: one object per video.")
    ] = 2017,
    out: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Where masks and tables go; videos finished there are reused."),
    ] = None,
    num_superpixels: NumSuperpixels = None,
    max_side: Annotated[
        int | None, typer.Option(metavar="PX", min=32, help="Work on smaller frames.")
    ] = None,
    propagation: Propagation = None,
    features: Features = None,
    snap: Snap = None,
    adapt: Adapt = None,
    config: UseConfigPath = None,
    store: StoreFolder = "store",
    backend: Backend = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Score a checkpoint and the baselines on held-out sequences, or a checkpoint on a benchmark.

    DAVIS is scored by its official protocol. YouTube-VOS is scored by its server: masks are written, ready
    to submit.
    """
    from flows.cli.chosen_use import print_use, use_json
    from flows.joined_checkpoints import checkpoints_in_use
    from shls_core.errors import InputError

    if benchmark is None:
        _refuse_without_benchmark(
            {
                "--format": layout != "davis",
                "--split": split,
                "--year": year != 2017,
                "--out": out,
                "--superpixels": num_superpixels,
                "--max-side": max_side,
                "--backend": backend,
                "--workers": workers,
            }
        )
    used = (
        checkpoints_in_use(checkpoint or [], config, store, share)
        .with_options(propagation, features, snap, num_superpixels, adapt, quality)
        .with_changes(execution={"backend": backend, "workers": workers})
    )
    if benchmark is None:
        if used.is_pretrained:
            named = next(iter(checkpoint or []), "")
            raise InputError(
                f"expected --davis ROOT or --benchmark ROOT with --checkpoint {named}: "
                "the held-out sequences of its dataset do not come with it"
            )
        used.on_sequences()  # what is impossible is refused before a run begins
        reach_server()
        from flows.cli.results import evaluation_json, show_evaluation
        from flows.evaluate import evaluate as on_held_out

        print_use(used, None)
        scored = on_held_out(used)
        used.print_default_use()
        print_json(evaluation_json(scored) | use_json(used, None)) if as_json else show_evaluation(scored)
        return

    from flows.cli.score import checked_year

    if layout not in ("davis", "youtube-vos"):
        raise InputError(f"expected --format davis or youtube-vos, got {layout}")
    if out is None:
        raise InputError("expected --out FOLDER for the masks of a benchmark, got none")
    checked, max_side = checked_year(year), used.on_videos(max_side).max_side
    reach_server()
    from flows.cli.score_tables import benchmark_json, show_benchmark, show_submission
    from flows.evaluate_benchmark import evaluate_benchmark
    from flows.submit_benchmark import submit_benchmark
    from storage.store import Store

    print_use(used, max_side)
    chosen = use_json(used, max_side)
    if layout == "youtube-vos":
        submission = submit_benchmark(benchmark, out, split or "valid", used, max_side=max_side)
        print_json(submission.model_dump() | chosen) if as_json else show_submission(submission)
    else:
        outcome = evaluate_benchmark(benchmark, out, split or "val", checked, used, max_side=max_side)
        opened = used.store or Store.open(store)
        print_json(benchmark_json(outcome, opened) | chosen) if as_json else show_benchmark(outcome, opened)
    used.print_default_use()


def _refuse_without_benchmark(options: dict[str, object]) -> None:
    from shls_core.errors import InputError

    if given := [option for option, value in options.items() if value]:
        raise InputError(f"expected --davis ROOT or --benchmark ROOT with {', '.join(given)}, got neither")
