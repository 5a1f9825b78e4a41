"""`shls submit`: a command of `shls` as a job of a Ray cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json

if TYPE_CHECKING:
    from tasks.cluster.submission import Job

commands = typer.Typer()


@commands.command(
    epilog="Examples: `shls submit -- dataset build --images /data/photographs --config stills "
    "--store s3://bucket/store` · `shls submit --gpus 1 -- train --dataset stills --config stills "
    "--store s3://bucket/store` · `shls submit --ray-address http://head:8265 --detach -- backfill photos`"
)
@command
def submit(
    arguments: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="A command of `shls`, with its options.")
    ],
    ray_address: Annotated[
        str,
        typer.Option(
            "--ray-address",
            metavar="URL",
            envvar="RAY_API_SERVER_ADDRESS",
            help="Where the cluster's dashboard is reached, which takes jobs.",
        ),
    ] = "http://127.0.0.1:8265",
    cpus: Annotated[
        float, typer.Option(metavar="N", min=0, help="Cores that the command itself reserves.")
    ] = 0,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Memory that it reserves itself: 8GB.")
    ] = None,
    gpus: Annotated[
        float, typer.Option(metavar="N", min=0, help="GPUs that it reserves itself, as for training.")
    ] = 0,
    detach: Annotated[
        bool, typer.Option("--detach", help="Print the id of the job, and do not wait for its end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a command on a Ray cluster as a Ray Job, follow what it prints, and exit with its exit code.

    The code and the configuration of this machine go with it; photographs and the store have to be where the
    cluster reaches them. The job goes on whatever becomes of this command.
    """
    from flows.submitted_command import on_the_cluster
    from tasks.cluster.submission import submit as submit_job
    from tasks.terminal import print_line

    given, configurations = on_the_cluster(arguments)
    job = submit_job(given, ray_address, configurations, cpus, memory, gpus)
    print_line(f"job {job.job_id} of {ray_address}: shls {' '.join(given)}")
    if detach:
        print_job(job, None, as_json)
        return
    exit_code = followed(job, ray_address, as_json)
    if as_json:
        print_job(job, exit_code, as_json)
    raise typer.Exit(exit_code)


def followed(job: Job, ray_address: str, as_json: bool) -> int:
    """Print what the job prints, and return its exit code; if this command is interrupted, it goes on."""
    from tasks.terminal import print_line, print_result

    try:
        return job.follow(print_line if as_json else print_result)
    except BaseException as error:
        if not isinstance(error, Exception):
            end = f"ray job stop {job.job_id} --address {ray_address}"
            print_line(f"job {job.job_id} goes on; this ends it: {end}")
        raise


def print_job(job: Job, exit_code: int | None, as_json: bool) -> None:
    """Print the id of a job, and how it ended."""
    from tasks.terminal import print_result

    if as_json:
        print_json({"job": job.job_id, "exit_code": exit_code})
    else:
        print_result(job.job_id)
