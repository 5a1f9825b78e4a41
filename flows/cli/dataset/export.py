"""`shls dataset export`: writes a dataset for other loaders."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.command import command, print_json
from flows.cli.options import AllowWithdrawn, ConfigPath, DatasetRef, Json, StoreFolder, chosen_config
from storage.canonical import short

if TYPE_CHECKING:
    from storage.store import Store

commands = typer.Typer()


class ExportFormat(StrEnum):
    """The formats a dataset can be exported to."""

    WEBDATASET = "webdataset"
    TRAINING = "training"


class ExportSplit(StrEnum):
    """The sides of the split."""

    TRAIN = "train"
    HELD_OUT = "held_out"


@commands.command(
    epilog="Examples: `shls dataset export photos@v2 --out photos-v2/` · "
    "`shls dataset export 3fa9c1 --out train/ --split train --samples-per-shard 500 --json` · "
    "`shls dataset export photos --out for-the-gpu/ --format training --config configs/paper.yaml`"
)
@command
def export(
    reference: DatasetRef,
    out: Annotated[str, typer.Option(metavar="FOLDER", help="A new or an empty folder; not a bucket.")],
    export_format: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="webdataset: tar shards of JPEG, PNG and JSON. training: what "
            "`python -m tasks.training.bare_training` needs on a machine that only trains.",
        ),
    ] = ExportFormat.WEBDATASET,
    split: Annotated[ExportSplit | None, typer.Option(help="One side only; by default both.")] = None,
    samples_per_shard: Annotated[int, typer.Option(metavar="N", min=1, help="Samples in a tar file.")] = 1000,
    config: ConfigPath = None,
    store: StoreFolder = "store",
    allow_withdrawn: AllowWithdrawn = False,
    as_json: Json = False,
) -> None:
    """Write the samples of a dataset that passed the gate as shards for other loaders.

    Clips of videos have frames alone: no masks, no superpixels, no recipe.
    """
    from pathlib import Path

    from shls_core.errors import InputError
    from shls_core.photographs.split import HELD_OUT, TRAIN, Split
    from storage.export.sample_members import CLIPS_WITHOUT
    from storage.export.webdataset import export_webdataset
    from storage.kinds import RecordKind
    from storage.references import resolve
    from storage.store import Store
    from tasks.terminal import Terminal, print_line
    from tasks.upkeep.withdrawal import recorded_if_forced

    if "://" in out:
        raise InputError(
            f"expected a folder of this machine to export to, got {out}; copy it there afterwards"
        )
    opened = Store.open(store)
    dataset = resolve(opened, reference, RecordKind.DATASET)
    if export_format == ExportFormat.TRAINING:
        _export_training(opened, dataset, out, config, split, allow_withdrawn, as_json)
        return
    splits: list[Split] = [side for side in (TRAIN, HELD_OUT) if split is None or side == split]
    with recorded_if_forced(opened, dataset, allow_withdrawn):
        index = export_webdataset(opened, dataset, Path(out), splits, samples_per_shard, allow_withdrawn)
    if as_json:
        without = {"clips_without": list(CLIPS_WITHOUT)} if index.num_clips else {}
        print_json({"out": out, **index.model_dump(mode="json"), **without})
        return
    counts = {"sequences": index.num_sequences, "clips": index.num_clips}
    samples = " and ".join(f"{count} {what}" for what, count in counts.items() if count)
    size = sum(item.bytes for item in index.shards)
    Terminal(highlight=False, soft_wrap=True).print(
        f"dataset {short(dataset)}: {samples} in {len(index.shards)} tar shards, "
        f"{size / 1e6:.1f} MB, in {out}",
    )
    if index.num_clips:
        print_line(f"a clip has frames alone: no {', no '.join(CLIPS_WITHOUT)}")


def _export_training(
    opened: Store,
    dataset: str,
    out: str,
    config: str | None,
    split: str | None,
    allow_withdrawn: bool,
    as_json: bool,
) -> None:
    from pathlib import Path

    from flows.train import learning_config
    from shls_core.errors import InputError
    from tasks.terminal import Terminal
    from tasks.training.export_order import export_training
    from tasks.upkeep.withdrawal import recorded_if_forced

    if split is not None:
        raise InputError(f"expected both sides of the split with --format training, got --split {split}")
    learning = learning_config(chosen_config(config), opened)
    with recorded_if_forced(opened, dataset, allow_withdrawn):
        num_objects = export_training(opened, dataset, learning, Path(out), allow_withdrawn)
    if as_json:
        print_json({"out": out, "format": "training", "dataset": dataset, "objects": num_objects})
        return
    Terminal(highlight=False, soft_wrap=True).print(
        f"dataset {short(dataset)}: {num_objects} objects and training.json in {out}"
    )
