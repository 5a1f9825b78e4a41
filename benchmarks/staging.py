"""Staging compared with the script that one would write first, on the same photographs, in one run.

    python benchmarks/staging.py FOLDER --photographs 500 --workers 2

From every photograph, both sides make a pseudo-mask, a sequence of 3 frames of 256x256 with up to 3 objects,
their masks, and about 300 superpixels of every frame, and write everything to disk, with the same number of
processes and one thread in each. The script (plain_script.py) leaves out what it does not need: recipes,
lineage, digests, checks. Of the possible saliency detectors it uses the cheap one.

On both sides, the pools are started and their imports done before the time is measured.
"""

import argparse
import importlib
import shutil
import tempfile
import time
from pathlib import Path

import plain_script
from rich.console import Console
from rich.table import Table

from flows.configuration import CONFIGS, PipelineConfig, load_config
from shls_core.files.pictures.formats import is_picture_name
from shls_core.photographs.split import HeldOutConfig
from storage.rows.stage_graph import STAGES
from storage.store import Store
from tasks.executor import run_jobs
from tasks.stages.ingest import IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

NUM_FRAMES = 3
SYNTHESIS = ("sequences", "superpixels")
Seconds = dict[str, float]


def main() -> None:
    """Measure both, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--photographs", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        images = folder / "images"
        images.mkdir()
        found = sorted(path for path in chosen.images.rglob("*") if is_picture_name(path))
        for number, path in enumerate(found[: chosen.photographs]):
            shutil.copy(path, images / f"{number:06}{path.suffix.lower()}")
        num_frames = NUM_FRAMES * len(list(images.iterdir()))
        # First, so that its processes are forked before Ray starts threads.
        plain = plain_script.run(images, folder / "plain", chosen.workers)
        ours = time_ours(images, folder / "store", chosen.workers)
    show(ours, plain, num_frames, chosen.workers)


def time_ours(images: Path, store_folder: Path, workers: int) -> Seconds:
    """Stage with this project, on Ray, without a Prefect server; return the seconds of every stage."""
    config = load_config(str(CONFIGS / "paper.yaml")).with_changes(
        ingest={"images": str(images)}, execution={"workers": workers, "backend": "ray"}
    )
    list(run_jobs(_import_stages, list(range(4 * workers)), "ray", workers))
    store = Store.create(store_folder)
    artifacts: dict[str, str] = {}
    seconds: Seconds = {}
    for stage, reads in _stages(config):
        started = time.perf_counter()
        inputs = {name: artifacts[name] for name in reads}
        outcome = build_stage(store, stage, inputs, config.staging, config.execution)
        seconds[stage.name] = time.perf_counter() - started
        artifacts[stage.name] = outcome.artifact
    return seconds


def _stages(config: PipelineConfig) -> list[tuple[Stage, tuple[str, ...]]]:
    seed, max_side = config.staging.seed, config.ingest.max_side
    # Nothing is held out: held-out sequences are longer.
    everything_trains = HeldOutConfig(share=0)
    return [
        (IngestStage(config.ingest), ()),
        (SaliencyStage(config.saliency, config.crops, max_side, seed), ("ingest",)),
        (SequencesStage(config.synthesis, everything_trains, max_side, seed), ("ingest", "saliency")),
        (SuperpixelsStage(config.superpixels), ("sequences",)),
    ]


def _import_stages(_: int) -> None:
    stages = (f"tasks.stages.{stage}" for stage in STAGES)
    for module in ("fast_slic.avx2", "skimage.color", "tasks.staging.shard_work", *stages):
        importlib.import_module(module)
    time.sleep(0.2)  # so that every worker gets one of these


def show(ours: Seconds, plain: Seconds, num_frames: int, workers: int) -> None:
    """Print frames per second per core of both, and their ratio."""
    table = Table("", title=f"{num_frames} frames, {workers} workers", title_justify="left")
    for column in ("this project, s", "plain script, s", "frames/s/core", "plain", "ratio"):
        table.add_column(column, justify="right")
    for stage in ours:
        if stage in plain:
            table.add_row(stage, f"{ours[stage]:.1f}", f"{plain[stage]:.1f}")
        else:
            table.add_row(stage, f"{ours[stage]:.1f}")
    for what, of_ours, of_plain in (
        (
            "synthesis with superpixels",
            sum(ours[stage] for stage in SYNTHESIS),
            sum(plain[stage] for stage in SYNTHESIS),
        ),
        ("all of staging", sum(ours.values()), sum(plain.values())),
    ):
        table.add_row(
            what,
            f"{of_ours:.1f}",
            f"{of_plain:.1f}",
            f"{num_frames / of_ours / workers:.1f}",
            f"{num_frames / of_plain / workers:.1f}",
            f"{of_plain / of_ours:.1f}x",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
