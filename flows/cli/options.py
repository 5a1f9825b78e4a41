"""Options that several commands share."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Annotated

import typer

from flows.quality import quality_help

if TYPE_CHECKING:
    from flows.configuration import PipelineConfig


def _print_version(wanted: bool) -> None:
    if wanted:
        from tasks.terminal import print_result

        print_result(f"shls {importlib.metadata.version('shls-pipelines')}")
        raise typer.Exit


ConfigPath = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="YAML file, or one of the project's own by its name: quickstart (the default), stills, "
        "stills_refinement, paper; clips (the default of --videos alone).",
    ),
]
UseConfigPath = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="YAML file with the configuration to use, or one of the project's own by its name; by default "
        "that of the checkpoint.",
    ),
]
StoreFolder = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Folder, or s3://bucket/prefix, with all results. Access to a bucket is configured by "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL and AWS_ALLOW_HTTP.",
        envvar="SHLS_STORE",
    ),
]
DatasetRef = Annotated[str, typer.Argument(metavar="REF", help="Name, id, or the beginning of an id.")]
Images = Annotated[
    str | None,
    typer.Option(
        "--images",
        metavar="FOLDER",
        help="Photographs: a folder, s3://bucket/prefix, or 'skimage' for those included in scikit-image.",
    ),
]
Videos = Annotated[
    str | None,
    typer.Option(
        "--videos",
        metavar="FOLDER",
        help="Films and folders of frames, in a folder or at s3://bucket/prefix; without --images, the "
        "dataset is of videos alone.",
    ),
]
Backend = Annotated[
    str | None,
    typer.Option("--backend", metavar="serial|ray", help="Where shards are made; the result is the same."),
]
Workers = Annotated[
    str | None,
    typer.Option(
        "--workers",
        metavar="N|MIN..MAX",
        help="Ray workers. A cluster with less room has fewer; work begins when one, or MIN, are up.",
    ),
]
Rehash = Annotated[
    bool,
    typer.Option(
        "--rehash",
        help="Read every photograph and video, also those that are unchanged by their size and time of "
        "change or, in a bucket, their ETag.",
    ),
]
Propagation = Annotated[
    str | None,
    typer.Option(
        "--propagation",
        metavar="own|label_propagation|superpixel_memory",
        help="How masks are propagated: as the method does, or with its dense features only, from cell to "
        "cell or by the memory of SHLS.",
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        "--features",
        metavar="NAME",
        help="For the last two propagations: the features to compare, `layer4` for example.",
    ),
]
Checkpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--checkpoint",
        metavar="ID",
        help="Id of the checkpoint, or its beginning; by default the newest one. `untrained`: random weights "
        "of --config. `pretrained` comes with the project, and needs no store. Given twice: the features of "
        "the second one are joined to the superpixel memory of the first.",
    ),
]
Share = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="Of two checkpoints: length of the second one's feature vectors, as a multiple of those of the "
        "first; by default 1.",
    ),
]
Quality = Annotated[
    str | None,
    typer.Option(
        metavar="fast|balanced|best",
        help=quality_help(),
    ),
]
Snap = Annotated[
    bool | None,
    typer.Option(
        "--snap/--no-snap",
        help="For label propagation: move the borders of masks to those of superpixels.",
        show_default=False,
    ),
]
Adapt = Annotated[
    bool | None,
    typer.Option(
        "--adapt/--no-adapt",
        help="After any propagation: a small network learns each video from its propagated masks and makes "
        "the result, in some seconds a video (section `adaptation` of the configuration).",
        show_default=False,
    ),
]
NumSuperpixels = Annotated[
    int | None,
    typer.Option(
        "--superpixels", metavar="N", min=1, help="Per frame; by default 4,000 at 854x480, scaled by area."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to standard error.")]
AllowWithdrawn = Annotated[
    bool,
    typer.Option(
        "--allow-withdrawn",
        help="Use a dataset with withdrawn photographs anyway; the ledger records which photographs.",
    ),
]
StartsFrom = Annotated[
    str | None,
    typer.Option(
        "--starts-from",
        metavar="CHECKPOINT",
        help="Checkpoint in the store whose weights training begins with; by default that of the config.",
    ),
]
AcceptDrift = Annotated[
    bool,
    typer.Option(
        "--accept-drift",
        help="Publish the dataset even if it drifted from the version before it: what is too far is printed "
        "and recorded, and the next version is compared with this one.",
    ),
]
Version = Annotated[
    bool,
    typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version),
]
LogJson = Annotated[
    bool,
    typer.Option(
        "--log-json",
        help="Progress and errors on standard error as JSON, one object a line, with run, stage and shard; "
        "also where SHLS_LOG_JSON is set.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the logs of Prefect.")]


def starting_from(config: PipelineConfig, checkpoint: str | None) -> PipelineConfig:
    """Return a configuration whose training begins with the weights of a checkpoint, if there is one."""
    return config if checkpoint is None else config.model_copy(update={"starts_from": checkpoint})


def chosen_config(
    config: str | None,
    images: str | None = None,
    backend: str | None = None,
    workers: str | None = None,
    videos: str | None = None,
    accept_drift: bool = False,
    rehash: bool = False,
) -> PipelineConfig:
    """Return the configuration of a file with the options applied.

    By default it is that of the quickstart; of videos alone, that of clips.
    """
    from flows.configuration import CLIPS, QUICKSTART, load_config

    of_videos_alone = videos is not None and images is None
    default = CLIPS if of_videos_alone else QUICKSTART
    found = load_config(default if config is None else config)
    found = found.with_changes(
        ingest={"images": images}, footage={"videos": videos}, execution={"rehash": rehash or None}
    )
    return with_options(found, backend, workers, accept_drift)


def with_options(
    config: PipelineConfig, backend: str | None, workers: str | None, accept_drift: bool
) -> PipelineConfig:
    """Return a configuration with the options about where and how a dataset is built."""
    drift = config.gate.drift.model_copy(update={"enforced": False}).model_dump() if accept_drift else None
    return config.with_changes(execution={"backend": backend, "workers": workers}, gate={"drift": drift})
