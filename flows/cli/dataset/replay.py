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
    from storage.store import Store
    from tasks.staging.replay import Replay, StageReplay, Status

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
        typer.Argument(
            metavar="SAMPLE", help="Id of a pseudo-sequence or a clip, or its first 6 digits or more."
        ),
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
    """Make a sample again and compare it byte for byte with what is stored.

    A pseudo-sequence is rendered from its stored recipe, a clip cut out of the stored footage.

    Exit code 1: a byte differs. 3: it differs, but packages or code are not those that made the sample, so it
    is "not comparable"; what changed is printed.
    """
    from storage.kinds import RecordKind
    from storage.references import newest_dataset, resolve
    from storage.store import Store
    from tasks.staging.replay import FEWEST_DIGITS
    from tasks.staging.replay import replay as replayed_sample
    from tasks.staging.replay_pictures import write_pictures
    from tasks.terminal import print_result
    from tasks.upkeep.auditing.clip_replay import clips_beginning

    opened = Store.open(store)
    dataset_id = newest_dataset(opened) if dataset is None else resolve(opened, dataset, RecordKind.DATASET)
    clips = clips_beginning(opened.objects, dataset_id, sample) if len(sample) >= FEWEST_DIGITS else []
    if len(clips) == 1:
        _replay_clip(opened, dataset_id, clips[0], out, as_json)
    replayed = replayed_sample(opened, dataset_id, sample)
    if out is not None:
        write_pictures(replayed, Path(out))
    print_json(_facts(replayed)) if as_json else print_result(_line(replayed))
    raise typer.Exit(EXIT_CODES[replayed.status])


def _replay_clip(opened: Store, dataset: str, sample: str, out: str | None, as_json: bool) -> None:
    from tasks.terminal import print_result
    from tasks.upkeep.auditing.clip_replay import replay_clip, write_frames

    replayed = replay_clip(opened.objects, dataset, sample)
    if out is not None:
        write_frames(replayed, Path(out))
    stage = replayed.stage
    if as_json:
        print_json(
            {
                "sample": sample,
                "dataset": dataset,
                "status": stage.status,
                "num_frames": len(replayed.frames),
                "stages": [_stage_facts(stage)],
            }
        )
    else:
        is_same = stage.status == "identical"
        print_result(
            f"identical: {len(replayed.frames)} frames of {short(sample)}" if is_same else str(stage)
        )
    raise typer.Exit(EXIT_CODES[stage.status])


def _stage_facts(stage: StageReplay) -> dict[str, Any]:
    return {
        "name": stage.stage,
        "status": stage.status,
        "differing": stage.differing,
        "changed_since": stage.changed_since,
    }


def _facts(replayed: Replay) -> dict[str, Any]:
    return {
        "sample": replayed.sample_id,
        "dataset": replayed.dataset,
        "status": replayed.status,
        "num_frames": len(replayed.sequence.frames),
        "stages": [_stage_facts(stage) for stage in replayed.stages],
    }


def _line(replayed: Replay) -> str:
    if replayed.status == "identical":
        num_frames = len(replayed.sequence.frames)
        return f"identical: {num_frames} frames, masks and superpixel maps of {short(replayed.sample_id)}"
    return "; ".join(str(stage) for stage in replayed.stages if stage.status != "identical")
