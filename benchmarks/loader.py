"""The loader beside webdataset and MosaicML streaming (MDS): the same samples, shuffled, decoded alike.

    python benchmarks/loader.py --store store --dataset photos@latest

needs benchmarks/requirements.txt. Samples per second are from the first batch to the last of an epoch, with
the files in the page cache; the repeats of all readers are interleaved and the median is told. Before
anything is timed, every reader's every sample is compared with the loader's.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from other_formats import mds_batches, webdataset_batches, write_mds, write_webdataset
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shls_core.split import TRAIN
from storage.artifact import StageArtifact
from storage.canonical import digest_parts
from storage.loader import COLUMNS, SequenceLoader
from storage.manifest import DatasetManifest, get_record
from storage.payload import PayloadReader
from storage.references import resolve
from storage.shards import read_columns
from storage.store import Store

Start = Callable[[int], Iterator[dict[str, Any]]]
"""From an epoch, 0 and on, to its batches."""


def our_batches(
    store: Store,
    dataset_id: str,
    batch_size: int,
    threads: int,
    processes: int,
    epoch: int,
    first_step: int = 0,
) -> Iterator[dict[str, Any]]:
    """Open the dataset and read an epoch of it by threads or by worker processes of PyTorch."""
    loader = SequenceLoader(store.objects, dataset_id, TRAIN)
    num_steps = len(loader) // batch_size
    batches = loader.batches(epoch, batch_size, first_step, num_threads=threads, prefetch=2 * max(1, threads))
    steps = range(first_step, num_steps)
    read = (
        torch.utils.data.DataLoader(batches, batch_size=None, sampler=steps, num_workers=processes)
        if processes
        else itertools.islice(batches, len(steps))
    )
    return ({**batch, "numbers": batches.numbers(step)} for step, batch in zip(steps, read, strict=True))


def packed_samples(store: Store, dataset_id: str) -> Iterator[dict[str, Any]]:
    """Yield every training sample as the bytes in its shard."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    maps = {
        address.sample_id: address
        for address, _ in StageArtifact(store.objects, dataset.superpixels).accepted()
    }
    thin = ("split", "num_frames", "height", "width")
    rows = StageArtifact(store.objects, dataset.sequences).accepted(thin)
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


def digests(arrays: dict[str, Any]) -> list[str]:
    """Return one digest per sample of a batch."""
    columns = [np.asarray(arrays[column]) for column in COLUMNS]
    return [digest_parts(column[place].tobytes() for column in columns) for place in range(len(columns[0]))]


def check(start: Start, expected: Sequence[str], num_expected: int) -> None:
    """Require that a reader gives every sample once, with the loader's arrays."""
    seen: list[int] = []
    for batch in start(0):
        assert digests(batch) == [expected[number] for number in batch["numbers"]]
        seen += batch["numbers"]
    assert len(seen) == len(set(seen)) == num_expected, (len(seen), len(set(seen)), num_expected)


def timed(start: Start, epoch: int, batch_size: int, steps: int | None) -> tuple[float, float]:
    """Return the seconds to the first batch and the samples per second after it."""
    began = time.perf_counter()
    batches = start(epoch)
    next(batches)
    first = time.perf_counter()
    num_batches = sum(1 for _ in itertools.islice(batches, steps))
    return first - began, num_batches * batch_size / (time.perf_counter() - first)


def seconds_to_step(read: Callable[[], Iterator[Any]], skip: int) -> float:
    """Return the seconds from nothing open to one batch, after reading through `skip` others."""
    began = time.perf_counter()
    next(itertools.islice(read(), skip, None))
    return time.perf_counter() - began


def folder_bytes(folder: Path) -> int:
    """Return the bytes of the files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def shard_bytes(store: Store, dataset_id: str, num_samples: int) -> float:
    """Return the bytes of the two stages' shards per training sample, by its share of the frames."""
    dataset = get_record(store.objects, dataset_id, DatasetManifest)
    stages = [StageArtifact(store.objects, artifact) for artifact in (dataset.sequences, dataset.superpixels)]
    whole = sum(shard.bytes for stage in stages for shard in stage.manifest.shards)
    frames = {"train": 0, "held_out": 0}
    for shard in stages[0].manifest.shards:
        for row in read_columns(store.objects, shard.digest, ["split", "num_frames"]).to_pylist():
            frames[row["split"]] += row["num_frames"] or 0
    return whole * frames["train"] / sum(frames.values()) / num_samples


def main() -> None:
    """Write, compare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--dataset", required=True, help="name or id")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, help="batches to time; by default the whole epoch")
    parser.add_argument("--no-comparison", action="store_true", help="time readers that were compared before")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    store = Store.open(options.store)
    dataset_id = resolve(store, options.dataset, "dataset")
    reference = SequenceLoader(store.objects, dataset_id, TRAIN)
    size = options.batch_size
    num_samples = len(reference) // size * size

    with tempfile.TemporaryDirectory() as temporary:
        tar, mds = Path(temporary, "tar"), Path(temporary, "mds")
        write_webdataset(packed_samples(store, dataset_id), tar)
        write_mds(packed_samples(store, dataset_id), mds)
        ours = partial(our_batches, store, dataset_id, size)
        readers: dict[tuple[str, str], Start] = {}
        for count in (0, 1, 2):
            readers["SHLS, threads", str(count)] = partial(ours, count, 0)
            if count:
                readers["SHLS, processes", str(count)] = partial(ours, 0, count)
            readers["MDS", str(count)] = partial(mds_batches, mds, size, count)
            readers["webdataset", str(count)] = partial(webdataset_batches, tar, size, count)
        step = num_samples // size // 2
        seek = {
            "SHLS": seconds_to_step(lambda: ours(0, 0, 0, step), 0),
            "MDS": seconds_to_step(lambda: mds_batches(mds, size, 0, 0, step), 0),
            "webdataset": seconds_to_step(lambda: webdataset_batches(tar, size, 0, 0), step),
        }

        if not options.no_comparison:
            expected = [digests(reference.arrays([number]))[0] for number in range(len(reference))]
            for (name, _), start in track(readers.items(), "comparing"):
                check(start, expected, num_samples if name.startswith("SHLS") else len(reference))

        results: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in readers}
        for repeat in track(range(options.repeats), "measuring"):
            for key, start in readers.items():
                results[key].append(timed(start, repeat, size, options.steps))
        bytes_per_sample = {
            "SHLS": shard_bytes(store, dataset_id, len(reference)),
            "MDS": folder_bytes(mds) / len(reference),
            "webdataset": folder_bytes(tar) / len(reference),
        }

    table = Table(
        "reader", "workers", "samples/s", "range", "first batch, s", "bytes/sample", f"step {step}, s"
    )
    for (name, count), pairs in results.items():
        rates = [rate for _, rate in pairs]
        of = name.split(",")[0]
        table.add_row(
            name,
            count,
            f"{statistics.median(rates):.0f}",
            f"{min(rates):.0f}-{max(rates):.0f}",
            f"{statistics.median(first for first, _ in pairs):.2f}",
            f"{bytes_per_sample[of]:.0f}",
            f"{seek[of]:.2f}" if count == "0" else "",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
