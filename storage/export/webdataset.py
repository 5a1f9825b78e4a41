"""Export the sequences of a dataset as tar shards for other loaders: all of them, or none on an error.

Equal datasets give equal bytes: members in order, no times, no owners. The members of a sample are named by
its id: ``frame0.jpg`` … as stored, ``mask0.png`` … (8 bit), ``superpixels0.png`` … (16 bit), ``recipe.json``.
"""

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict

from shls_core.errors import InputError
from shls_core.photographs.split import HELD_OUT, TRAIN, Split
from storage.canonical import canonical_json, digest_bytes, short
from storage.files.new_folder import new_folder
from storage.gate.gate import require_passed
from storage.rows.codecs import decode_map
from storage.rows.dataset import Dataset, SampleAddress
from storage.rows.packed_values import PayloadReader
from storage.rows.stage_names import SEQUENCES, SUPERPIXELS
from storage.store import Store
from storage.withdrawal.deny_list import refuse_withdrawn

INDEX_FILE = "index.json"


class ExportedShard(BaseModel):
    """One tar file."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Relative to the folder of the export."""
    split: str
    samples: int
    bytes: int
    digest: str
    """SHA-256 of the file."""


class ExportIndex(BaseModel):
    """The parts of an export, and its dataset: the content of ``index.json``."""

    model_config = ConfigDict(frozen=True)

    format: str = "webdataset"
    dataset: str
    shards: tuple[ExportedShard, ...]


def export_webdataset(
    store: Store,
    dataset_id: str,
    folder: Path,
    splits: Sequence[Split] = (TRAIN, HELD_OUT),
    samples_per_shard: int = 1000,
    allow_withdrawn: bool = False,
) -> ExportIndex:
    """Write ``SPLIT/00000.tar`` … and ``index.json`` into a new folder and return the index.

    Parameters
    ----------
    store, dataset_id
        What to export; it must have passed the gate.
    folder
        The target folder; it must not exist, or be empty. It appears when the export is complete.
    splits
        Which sequences to export; a split without any is left out.
    samples_per_shard
        Samples in a tar file, by ascending sample id; the last one of a split may contain fewer.
    allow_withdrawn
        Whether a dataset with withdrawn photographs may be exported.

    Raises
    ------
    GateError
        If the dataset has not passed.
    PhotographWithdrawn
        If it contains a withdrawn photograph, and that is not allowed.
    ObjectErased
        If a row of it was erased on request.
    InputError
        If the folder is not empty, or there is nothing to export.
    StoreUnwritable
        If the folder cannot be written.
    """
    if samples_per_shard < 1:
        raise InputError(f"expected at least 1 sample per shard, got {samples_per_shard}")
    require_passed(store, dataset_id)
    refuse_withdrawn(store, dataset_id, allow_withdrawn)
    dataset = Dataset(store.objects, dataset_id)
    samples = {split: dataset.samples(split, ("height", "width", "recipe")) for split in splits}
    if not any(samples.values()):
        raise InputError(
            f"expected {' or '.join(splits)} sequences in dataset {short(dataset_id)}…, found none"
        )
    with new_folder(folder) as aside:
        shards = tuple(
            _write_shard(store, aside, split, number, shard)
            for split in splits
            for number, shard in enumerate(_in_parts(samples[split], samples_per_shard))
        )
        index = ExportIndex(dataset=dataset_id, shards=shards)
        (aside / INDEX_FILE).write_bytes(canonical_json(index.model_dump(mode="json")))
    return index


def _write_shard(
    store: Store, folder: Path, split: Split, number: int, samples: Sequence[SampleAddress]
) -> ExportedShard:
    payload = PayloadReader(store.objects)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for sample in samples:
            for name, data in _members(sample, payload):
                member = tarfile.TarInfo(f"{sample.id}.{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    path = Path(split, f"{number:05d}.tar")
    data = buffer.getvalue()
    (folder / split).mkdir(exist_ok=True)
    (folder / path).write_bytes(data)
    return ExportedShard(
        path=path.as_posix(), split=split, samples=len(samples), bytes=len(data), digest=digest_bytes(data)
    )


def _members(sample: SampleAddress, payload: PayloadReader) -> Iterator[tuple[str, bytes]]:
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


def _png(labels: np.ndarray) -> bytes:
    encoded, data = cv2.imencode(".png", labels)
    assert encoded
    return bytes(data.tobytes())


def _in_parts(samples: Sequence[SampleAddress], size: int) -> list[Sequence[SampleAddress]]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]
