"""The samples of a dataset as files for other loaders: pseudo-sequences and clips."""

from collections.abc import Iterator

import cv2
import numpy as np

from shls_core.photographs.split import Split
from storage.canonical import canonical_json
from storage.rows.codecs import decode_map
from storage.rows.dataset import Dataset, SampleAddress
from storage.rows.packed_values import PayloadReader
from storage.rows.source_kinds import VIDEOS, kinds_among
from storage.rows.stage_names import CLIPS, SEQUENCES, SUPERPIXELS

CLIPS_FOLDER = "clips"
"""Clips have a folder of their own beside the pseudo-sequences: a sample of one has other members."""
CLIPS_WITHOUT = ("masks", "superpixels", "recipe")
"""What a clip has not: nothing but its frames is staged of a video."""

_OF_SEQUENCES = ("height", "width", "recipe")
_OF_CLIPS = ("height", "width", "video_id", "first", "numbers")


def samples_by_folder(dataset: Dataset, split: Split) -> dict[str, list[SampleAddress]]:
    """Return the samples of a split by the folder of their tar files; a folder without any is left out."""
    found: dict[str, list[SampleAddress]] = {}
    for kind in kinds_among(dataset.stages):
        if kind == VIDEOS:
            found[f"{CLIPS_FOLDER}/{split}"] = [
                SampleAddress(address.sample_id, {CLIPS: address}, row)
                for address, row in dataset[CLIPS].accepted(("split", *_OF_CLIPS))
                if row["split"] == split
            ]
        else:
            found[split] = dataset.samples(split, _OF_SEQUENCES)
    return {folder: samples for folder, samples in found.items() if samples}


def members(sample: SampleAddress, payload: PayloadReader) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file of a sample."""
    yield from (_of_clip if CLIPS in sample.rows else _of_sequence)(sample, payload)


def _of_sequence(sample: SampleAddress, payload: PayloadReader) -> Iterator[tuple[str, bytes]]:
    sequence, superpixels = sample.rows[SEQUENCES], sample.rows[SUPERPIXELS]
    size = sample.columns["height"], sample.columns["width"]
    for time, frame in enumerate(payload.values(sequence.shard, "frames", sequence.index)):
        yield f"frame{time}.jpg", bytes(frame)
    for time, mask in enumerate(payload.values(sequence.shard, "masks", sequence.index)):
        yield f"mask{time}.png", _png(decode_map(mask, *size, np.uint8))
    maps = payload.values(superpixels.shard, "superpixel_maps", superpixels.index)
    for time, labels in enumerate(maps):
        yield f"superpixels{time}.png", _png(decode_map(labels, *size, np.uint16))
    yield "recipe.json", sample.columns["recipe"].encode()


def _of_clip(sample: SampleAddress, payload: PayloadReader) -> Iterator[tuple[str, bytes]]:
    row = sample.rows[CLIPS]
    # Names of one length: loaders sort members by name.
    for time, frame in enumerate(payload.values(row.shard, "frames", row.index)):
        yield f"frame{time:02d}.jpg", bytes(frame)
    yield "clip.json", canonical_json({name: sample.columns[name] for name in _OF_CLIPS})


def _png(labels: np.ndarray) -> bytes:
    encoded, data = cv2.imencode(".png", labels)
    assert encoded
    return bytes(data.tobytes())
