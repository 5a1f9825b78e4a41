"""`shls dataset replay`: checks that a sample is what its recipe gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.command import command, print_json
from flows.cli.options import Json, StoreFolder
from storage.canonical import short

if TYPE_CHECKING:
    from tasks.staging.replay import Replay, Status

commands = typer.Typer()

EXIT_CODES: Mapping[Status, int] = {"identical": 0, "different": 1, "not comparable": 3}


@commands.command(
    epilog="Examples: `shls dataset replay 3fa9c1` · "
    "`shls dataset replay 3fa9c1 --dataset photos@v2 --out look/`"
)
@command
def replay(
    sample: Annotated[
        str,
        typer.Argument(metavar="SAMPLE", help="Id of a pseudo-sequence, or its first 6 digits or more."),
    ],
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", metavar="REF", help="Name or id; by default the newest dataset."),
    ] = None,
    store: StoreFolder = "store",
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="Write frames, masks and superpixels there, as PNG."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Render a sample again from its stored recipe and compare it byte for byte with what is stored.

    Exit code 1: a byte differs. 3: it differs, but packages or code are not those that made the sample, so it
    is "not comparable"; what changed is printed.
    """
    from storage.kinds import RecordKind
    from storage.references import newest_dataset, resolve
    from storage.store import Store
    from tasks.staging.replay import replay as replayed_sample
    from tasks.staging.replay_pictures import write_pictures
    from tasks.terminal import print_result

    opened = Store.open(store)
    dataset_id = newest_dataset(opened) if dataset is None else resolve(opened, dataset, RecordKind.DATASET)
    replayed = replayed_sample(opened, dataset_id, sample)
    if out is not None:
        write_pictures(replayed, Path(out))
    print_json(_facts(replayed)) if as_json else print_result(_line(replayed))
    raise typer.Exit(EXIT_CODES[replayed.status])


def _facts(replayed: Replay) -> dict[str, Any]:
    return {
        "sample": replayed.sample_id,
        "dataset": replayed.dataset,
        "status": replayed.status,
        "num_frames": len(replayed.sequence.frames),
        "stages": [
            {
                "name": stage.stage,
                "status": stage.status,
                "differing": stage.differing,
                "changed_since": stage.changed_since,
            }
            for stage in replayed.stages
        ],
    }


def _line(replayed: Replay) -> str:
    if replayed.status == "identical":
        num_frames = len(replayed.sequence.frames)
        return f"identical: {num_frames} frames, masks and superpixel maps of {short(replayed.sample_id)}"
    return "; ".join(str(stage) for stage in replayed.stages if stage.status != "identical")
