"""The loader compared with webdataset and MosaicML streaming (MDS): same samples, shuffled, same decoding.

    pip install --no-deps --target readers -r benchmarks/requirements.txt
    PYTHONPATH=readers python benchmarks/loader.py --store store --dataset photos@latest

Before anything is timed, every sample of every reader is compared with the loader's. Every repeat runs all
readers, one after the other, with the files in the page cache. Each reads a whole epoch (including opening)
and a part of the next (steady state). All figures are medians over the repeats, with their range.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from measured_reading import Batches, Start, Times, measured, median_and_range, ratio, table, wait_for_workers
from other_formats import mds_batches, webdataset_batches, write_mds, write_webdataset
from rich.progress import track

from shls_core.photographs.split import TRAIN
from storage.canonical import digest_parts
from storage.records.manifests import DatasetManifest, get_record
from storage.references import resolve
from storage.rows.loader import COLUMNS, SequenceLoader
from storage.rows.packed_values import PayloadReader
from storage.rows.shards import read_columns
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store

SHLS, PROCESSES, MDS, WEBDATASET = "SHLS, threads", "SHLS, processes", "MDS", "webdataset"
Figures = dict[tuple[str, int], list[Times]]
"""By reader and number of workers, one per repeat."""


def our_batches(
    store: Store,
    dataset_id: str,
    batch_size: int,
    threads: int,
    processes: int,
    seed: int,
    first_step: int = 0,
) -> Batches:
    """Open the dataset and read it with threads or with worker processes of PyTorch."""
    loader = SequenceLoader(store.objects, dataset_id, TRAIN)
    batches = loader.batches(seed, batch_size, first_step, num_threads=threads, prefetch=2 * max(1, threads))
    steps = itertools.count(first_step)
    read: Iterable[Any] = batches
    if processes:
        data: Any = batches  # has the methods of a map-style dataset
        sampler = itertools.count(first_step)
        read = torch.utils.data.DataLoader(data, batch_size=None, sampler=sampler, num_workers=processes)
    for step, batch in zip(steps, read, strict=False):
        yield {**batch, "numbers": batches.numbers(step)}


def packed_samples(store: Store, dataset_id: str) -> Iterator[dict[str, Any]]:
    """Yield every training sample with its bytes as they are in the shard."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    maps = {
        address.sample_id: address
        for address, _ in StageArtifact(store.objects, dataset.stages["superpixels"]).accepted()
    }
    thin = ("split", "num_frames", "height", "width")
    rows = StageArtifact(store.objects, dataset.stages["sequences"]).accepted(thin)
    payload = PayloadReader(store.objects)
    train = ((address, row) for address, row in rows if row["split"] == TRAIN and address.sample_id in maps)
    for number, (address, row) in enumerate(train):
        size = f"{row['num_frames']} {row['height']} {row['width']}"
        sample = {"number": str(number).encode(), "size": size.encode()}
        at = {"frame{}.jpg": (address, "frames"), "mask{}.zst": (address, "masks")}
        at["superpixels{}.zst"] = (maps[address.sample_id], "superpixel_maps")
        for name, (place, column) in at.items():
            for t, value in enumerate(payload.values(place.shard, column, place.index)):
                sample[name.format(t)] = bytes(value)
        yield sample


def digests(arrays: Mapping[Any, Any]) -> list[str]:
    """Return one digest per sample of a batch."""
    columns = [np.asarray(arrays[column]) for column in COLUMNS]
    return [digest_parts(column[place].tobytes() for column in columns) for place in range(len(columns[0]))]


def check(start: Start, expected: Sequence[str]) -> None:
    """Assert that an epoch of a reader contains every sample once, with the loader's arrays."""
    seen: list[int] = []
    with closing(start(0)) as batches:
        while len(seen) < len(expected):
            batch = next(batches)
            assert digests(batch) == [expected[number] for number in batch["numbers"]]
            seen += batch["numbers"]
    wait_for_workers()
    # The last batch may reach into the next epoch.
    assert sorted(seen[: len(expected)]) == list(range(len(expected)))


def seconds_to_step(start: Start, skip: int) -> float:
    """Return the seconds from nothing open to one batch, after skipping `skip` others."""
    began = time.perf_counter()
    with closing(start(0)) as batches:
        next(itertools.islice(batches, skip, None))
        return time.perf_counter() - began


def folder_bytes(folder: Path) -> int:
    """Return the bytes of the files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def shard_bytes(store: Store, dataset_id: str, num_samples: int) -> float:
    """Return the bytes of the two stages' shards per training sample, by its share of the frames."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    stages = [
        StageArtifact(store.objects, artifact)
        for artifact in (dataset.stages["sequences"], dataset.stages["superpixels"])
    ]
    whole = sum(shard.bytes for stage in stages for shard in stage.manifest.shards)
    frames = {"train": 0, "held_out": 0}
    for shard in stages[0].manifest.shards:
        for row in read_columns(store.objects, shard.digest, ["split", "num_frames"]).to_pylist():
            frames[row["split"]] += row["num_frames"] or 0
    return whole * frames["train"] / sum(frames.values()) / num_samples


def readers_of(
    store: Store, dataset_id: str, tar: Path, mds: Path, size: int
) -> dict[tuple[str, int], Start]:
    """Return what is compared, by reader and number of workers."""
    ours = partial(our_batches, store, dataset_id, size)
    readers: dict[tuple[str, int], Start] = {}
    for count in (0, 1, 2):
        readers[SHLS, count] = partial(ours, count, 0)
        if count:
            readers[PROCESSES, count] = partial(ours, 0, count)
        readers[MDS, count] = partial(mds_batches, mds, size, count)
        readers[WEBDATASET, count] = partial(webdataset_batches, tar, size, count)
    return readers


def report(figures: Figures, per_sample: dict[str, float], seeks: dict[str, list[float]], step: int) -> str:
    """Return the tables, in Markdown."""
    rates = [
        [
            str(count),
            name,
            median_and_range([1 / times.epoch for times in repeats], 0),
            median_and_range([1 / times.steady for times in repeats], 0),
            median_and_range([1000 * times.epoch_cpu for times in repeats]),
            median_and_range([1000 * times.steady_cpu for times in repeats]),
            median_and_range([times.first_batch for times in repeats]),
        ]
        for (name, count), repeats in figures.items()
    ]
    ratios = [
        [
            str(count),
            other,
            *(
                ratio(
                    [getattr(times, name) for times in figures[SHLS, count]],
                    [getattr(times, name) for times in figures[other, count]],
                )
                for name in ("epoch", "steady", "epoch_cpu", "steady_cpu")
            ),
        ]
        for count in (0, 1, 2)
        for other in (MDS, WEBDATASET)
    ]
    whole = ["samples/s, epoch", "samples/s, steady", "CPU ms/sample, epoch", "CPU ms/sample, steady"]
    ahead = ["epoch", "steady", "CPU, epoch", "CPU, steady"]
    formats = [
        [name, f"{per_sample[name]:.0f}", median_and_range(seeks[name])] for name in (SHLS, MDS, WEBDATASET)
    ]
    return "\n\n".join(
        [
            table(["workers", "reader", *whole, "first batch, s"], rates),
            table(["workers", f"{SHLS}, compared with", *ahead], ratios),
            table(["format", "bytes per sample", f"s to batch {step}, nothing open"], formats),
        ]
    )


def main() -> None:
    """Write, compare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--dataset", required=True, help="name or id")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steady", type=int, default=600, help="samples of the second epoch to time")
    parser.add_argument("--no-comparison", action="store_true", help="time readers that were compared before")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    store = Store.open(options.store)
    dataset_id = resolve(store, options.dataset, "dataset")
    reference = SequenceLoader(store.objects, dataset_id, TRAIN)
    size, step = options.batch_size, len(reference) // options.batch_size // 2

    with tempfile.TemporaryDirectory() as temporary:
        tar, mds = Path(temporary, "tar"), Path(temporary, "mds")
        write_webdataset(packed_samples(store, dataset_id), tar)
        write_mds(packed_samples(store, dataset_id), mds)
        readers = readers_of(store, dataset_id, tar, mds, size)
        if not options.no_comparison:
            expected = [digests(reference.arrays([number]))[0] for number in range(len(reference))]
            for key, start in track(readers.items(), "comparing"):
                if key[1] != 1:
                    check(start, expected)

        figures: Figures = {key: [] for key in readers}
        seeks: dict[str, list[float]] = {SHLS: [], MDS: [], WEBDATASET: []}
        for seed in track(range(options.repeats), "measuring"):
            for key, start in readers.items():
                figures[key].append(measured(start, seed, len(reference), options.steady))
            ours = partial(our_batches, store, dataset_id, size, 0, 0, first_step=step)
            seeks[SHLS].append(seconds_to_step(ours, 0))
            seeks[MDS].append(seconds_to_step(partial(mds_batches, mds, size, 0, first_step=step), 0))
            seeks[WEBDATASET].append(seconds_to_step(readers[WEBDATASET, 0], step))
        per_sample = {
            SHLS: shard_bytes(store, dataset_id, len(reference)),
            MDS: folder_bytes(mds) / len(reference),
            WEBDATASET: folder_bytes(tar) / len(reference),
        }
    print(f"{len(reference)} samples, batches of {size}, {options.repeats} repeats: median (range)\n")
    print(report(figures, per_sample, seeks, step))


if __name__ == "__main__":
    main()
