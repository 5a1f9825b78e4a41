"""`shls dataset measure-masks`: compares pseudo-masks with masks drawn by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Backend, ConfigPath, Json, Workers, chosen_config

if TYPE_CHECKING:
    from tasks.staging.mask_measurement import MaskMeasurement

commands = typer.Typer()


@commands.command(
    "measure-masks",
    epilog="Examples: `shls dataset measure-masks --images photos/ --truth masks/` · "
    "`shls dataset measure-masks --images photos/ --truth masks/ --config mine.yaml --limit 100 --json`",
)
@command
def measure_masks(
    images: Annotated[str, typer.Option("--images", metavar="FOLDER", help="Photographs.")],
    truth: Annotated[
        str,
        typer.Option(
            "--truth",
            metavar="FOLDER",
            help="Masks drawn by people, cut-outs or maps, named like the photographs.",
        ),
    ],
    config: ConfigPath = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Measure the first N by name.")
    ] = None,
    backend: Backend = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Measure the configured detector and its pseudo-masks, and how many each confidence threshold keeps."""
    chosen = chosen_config(config, None, backend, workers)
    from tasks.runs.progress import progress
    from tasks.staging.mask_measurement import measure_masks as measure
    from tasks.staging.mask_measurement import measuring_jobs, skipped_files, unmatched_truths
    from tasks.terminal import print_line

    jobs = measuring_jobs(images, truth, chosen.saliency, chosen.ingest.max_side, limit)
    with progress("measure-masks", "photographs") as advance:
        measurement = measure(jobs, chosen.execution, advance)
    unmatched, skipped = unmatched_truths(images, truth), skipped_files(images)
    for what, count in {**measurement.failed, **unmatched}.items():
        print_line(f"not measured: {count} x {what}")
    for one in skipped:
        print_line(str(one))
    if as_json:
        left_out = {"unmatched": unmatched, "skipped": [one.model_dump(mode="json") for one in skipped]}
        print_json({**measurement.model_dump(mode="json"), **left_out})
    else:
        _show(measurement, chosen.saliency.detector, chosen.saliency.min_confidence)


def _show(measurement: MaskMeasurement, detector: str, min_confidence: float) -> None:
    from rich.table import Table

    from tasks.terminal import Terminal

    console = Terminal(highlight=False)
    failed = f", {measurement.num_failed} could not be measured" if measurement.num_failed else ""
    console.print(f"{measurement.num_images} photographs{failed}; mean confidence ", end="")
    console.print(f"{measurement.mean_confidence:.3f}")
    scores = Table("map", "MAE (less is better)", "max F", "S", "IoU of the mask")
    for name, row in ((detector, measurement.detector), ("centre prior", measurement.centre_prior)):
        figures = (row.mae, row.max_f_measure, row.s_measure, row.mask_iou)
        scores.add_row(name, *(f"{figure:.3f}" for figure in figures))
    console.print(scores)
    advice = Table("saliency.min_confidence", "share kept", "IoU of those")
    for kept in measurement.advice:
        iou = "" if kept.mask_iou is None else f"{kept.mask_iou:.3f}"
        advice.add_row(f"{kept.min_confidence:.1f}", f"{kept.kept_share:.1%}", iou)
    console.print(advice)
    console.print(f"configured: {min_confidence:g}")
