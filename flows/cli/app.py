"""The `shls` command."""

from __future__ import annotations

import os

import typer

from flows.cli import (
    alternate,
    audit,
    backfill,
    doctor,
    evaluate,
    mask,
    report,
    score,
    segment,
    status,
    submit,
    train,
)
from flows.cli.checkpoints import checkpoints
from flows.cli.command import OneLineErrors, command, prepare_libraries, print_json
from flows.cli.dataset.app import dataset_app
from flows.cli.lineage.app import lineage_app
from flows.cli.options import (
    AcceptDrift,
    Backend,
    ConfigPath,
    Debug,
    Images,
    Json,
    LogJson,
    Rehash,
    StoreFolder,
    Version,
    Videos,
    Workers,
    chosen_config,
)
from flows.cli.prefect_server import reach_server
from flows.cli.schedule.app import schedule_app
from tasks.terminal import LOG_JSON

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Turn a folder of unlabelled photographs into a video object segmenter, and prove how it was made.",
)
app.add_typer(dataset_app, name="dataset")
app.add_typer(checkpoints, name="checkpoint")
app.add_typer(lineage_app, name="lineage")
app.add_typer(schedule_app, name="schedule")


@app.callback()
def _shls(debug: Debug = False, log_json: LogJson = False, version: Version = False) -> None:
    if debug:
        os.environ["SHLS_DEBUG"] = "1"
    if log_json:
        os.environ[LOG_JSON] = "1"
    prepare_libraries(debug)


@app.command(
    epilog="Examples: `shls run` · `shls run --images photos/ --config configs/paper.yaml` · "
    "`shls run --json > result.json`"
)
@command
def run(
    config: ConfigPath = None,
    store: StoreFolder = "store",
    images: Images = None,
    videos: Videos = None,
    backend: Backend = None,
    workers: Workers = None,
    accept_drift: AcceptDrift = False,
    rehash: Rehash = False,
    as_json: Json = False,
) -> None:
    """Photographs or videos in; dataset, checkpoint and score out. What is already in the store is reused."""
    chosen = chosen_config(config, images, backend, workers, videos, accept_drift, rehash)
    reach_server()
    from flows.cli.results import pipeline_json, show_dataset, show_evaluation, show_training
    from flows.pipeline import pipeline

    outcome = pipeline(chosen, store)
    if as_json:
        print_json(pipeline_json(outcome.dataset, outcome.training, outcome.evaluation))
    else:
        show_dataset(outcome.dataset)
        show_training(outcome.training)
        if outcome.evaluation:
            show_evaluation(outcome.evaluation)


for module in (
    train,
    alternate,
    evaluate,
    score,
    report,
    mask,
    segment,
    audit,
    status,
    backfill,
    submit,
    doctor,
):
    app.add_typer(module.commands)
