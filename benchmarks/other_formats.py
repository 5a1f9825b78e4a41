"""The same samples in two other formats, written and read as their documentation recommends.

Both contain exactly the bytes in the shards (JPEG frames, zstd maps) and are decoded by the same two
functions, so that only the format and its reader differ.
"""

import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import webdataset
from measured_reading import Batches

from shls_core.files.pictures.jpeg_frames import decode_frame
from storage.rows.codecs import decode_map

Sample = Mapping[str, bytes]
"""``number``, and ``COLUMN.TIME`` for every frame, mask and superpixel map; ``size``: "T H W"."""


def decoded(sample: Sample) -> dict[str, Any]:
    """Return the arrays of one sample, each value decoded into its place."""
    num_frames, height, width = map(int, sample["size"].split())
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    masks = np.empty((num_frames, height, width), np.uint8)
    superpixel_maps = np.empty((num_frames, height, width), np.uint16)
    for t in range(num_frames):
        frames[t] = decode_frame(sample[f"frame{t}.jpg"])
        masks[t] = decode_map(sample[f"mask{t}.zst"], height, width, np.uint8)
        superpixel_maps[t] = decode_map(sample[f"superpixels{t}.zst"], height, width, np.uint16)
    number = int(sample["number"])
    return {"number": number, "frames": frames, "masks": masks, "superpixel_maps": superpixel_maps}


def stacked(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a batch: tensors, which worker processes pass through shared memory."""
    columns = ("frames", "masks", "superpixel_maps")
    batch: dict[str, Any] = {
        column: torch.from_numpy(np.stack([sample[column] for sample in samples])) for column in columns
    }
    return batch | {"numbers": [sample["number"] for sample in samples]}


def write_webdataset(samples: Iterator[Sample], folder: Path, samples_per_shard: int = 100) -> None:
    """Write tar shards."""
    folder.mkdir(parents=True)
    with webdataset.ShardWriter(str(folder / "%05d.tar"), maxcount=samples_per_shard, verbose=0) as sink:
        for sample in samples:
            sink.write({"__key__": sample["number"].decode().zfill(8), **sample})


def webdataset_batches(folder: Path, batch_size: int, num_workers: int, seed: int) -> Batches:
    """Read tar shards, epoch after epoch: shards shuffled, then samples in a buffer of 1000."""
    dataset = (
        webdataset.WebDataset(sorted(map(str, folder.glob("*.tar"))), shardshuffle=1000, seed=seed)
        .shuffle(1000, seed=seed)
        .map(decoded)
        .batched(batch_size, collation_fn=stacked)
    )
    loader = webdataset.WebLoader(
        dataset, batch_size=None, num_workers=num_workers, persistent_workers=num_workers > 0
    )
    while True:
        yield from loader


def _streaming() -> Any:
    """Import mosaicml-streaming without its vision data sets, which need torchvision, built for CUDA."""
    if "streaming" not in sys.modules:
        spec = importlib.util.find_spec("streaming")
        assert spec is not None, "pip install --no-deps -r benchmarks/requirements.txt"
        sys.modules["streaming"] = importlib.util.module_from_spec(spec)
    import streaming.base

    return streaming.base


def write_mds(samples: Iterator[Sample], folder: Path) -> None:
    """Write MDS shards of the default size, without further compression."""
    first = next(samples)
    columns = dict.fromkeys(first, "bytes")
    with _streaming().MDSWriter(out=str(folder), columns=columns) as sink:
        sink.write(first)
        for sample in samples:
            sink.write(sample)


def mds_batches(folder: Path, batch_size: int, num_workers: int, seed: int, first_step: int = 0) -> Batches:
    """Read MDS shards with the default shuffle, from a step of the first epoch on, epoch after epoch."""
    streaming = _streaming()
    streaming.util.clean_stale_shared_memory()

    class Decoded(streaming.StreamingDataset):  # type: ignore[misc, name-defined]
        def __getitem__(self, at: int) -> Any:
            return decoded(super().__getitem__(at))

    dataset = Decoded(
        local=str(folder), shuffle=True, shuffle_seed=seed, batch_size=batch_size, num_canonical_nodes=1
    )
    loader = streaming.StreamingDataLoader(
        dataset,
        batch_size=batch_size,
        num_workers=num_workers,
        collate_fn=stacked,
        persistent_workers=num_workers > 0,
    )
    if first_step:
        state = {"epoch": 0, "sample_in_epoch": first_step * batch_size, "initial_physical_nodes": 1}
        same_order = {"num_canonical_nodes": 1, "shuffle_seed": seed}
        dataset.load_state_dict(state | same_order)
    while True:
        yield from loader
