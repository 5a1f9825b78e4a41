"""`shls dataset plan`: what a build would do, and why, before any work."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import (
    Backend,
    ConfigPath,
    Images,
    Json,
    Rehash,
    StoreFolder,
    Videos,
    Workers,
    chosen_config,
)

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls dataset plan --images photos/ --config configs/paper.yaml` · "
    "`shls dataset plan --against photos@v3 --shards` · `shls dataset plan --json`"
)
@command
def plan(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    videos: Videos = None,
    backend: Backend = None,
    workers: Workers = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="REF", help="Dataset to compare with; by default the latest of the config's name."
        ),
    ] = None,
    rehash: Rehash = False,
    shards: Annotated[bool, typer.Option("--shards", help="Show every stale shard.")] = False,
    as_json: Json = False,
) -> None:
    """Print what a build would do, and why, and write nothing. Exit code 1 if the disk is too small."""
    from flows.cli.dataset.plan_tables import plan_json, show_plan
    from flows.stages import stages_to_build
    from storage.files.free_space import refuse_without_space
    from tasks.planning.left_out import left_out_line, rejected_line
    from tasks.stages.map_matches import unmatched_line
    from tasks.staging.plan_report import plan_report
    from tasks.terminal import print_line

    chosen = chosen_config(config, images, backend, workers, videos, rehash=rehash)
    report = plan_report(
        store, chosen.name, stages_to_build(chosen, store), chosen.staging, chosen.execution, against
    )
    if report.left_out and as_json:  # otherwise it is among the first lines of the plan
        print_line(left_out_line(report.left_out, report.nouns))
    if report.rejected:
        print_line(rejected_line(report.rejected))
    if report.unmatched:
        print_line(unmatched_line(report.unmatched))
    for skipped in report.skipped:
        print_line(str(skipped))
    print_json(plan_json(report)) if as_json else show_plan(report, shards)
    refuse_without_space(store, report.bytes_to_write)
