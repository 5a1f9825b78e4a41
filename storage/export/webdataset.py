"""Export the samples of a dataset as tar shards for other loaders: all of them, or none on an error.

Equal datasets give equal bytes: members in order, no times, no owners. The members of a pseudo-sequence are
named by its id: ``frame0.jpg`` … as stored, ``mask0.png`` … (8 bit), ``superpixels0.png`` … (16 bit),
``recipe.json``. Of a clip there are ``frame00.jpg`` … as stored and ``clip.json``: its size, its video, the
number of its first frame among the kept ones, and the numbers of its frames in the file. A clip has no masks,
no superpixels and no recipe. Its tar files lie in ``clips/SPLIT``.
"""

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from shls_core.errors import InputError
from shls_core.photographs.split import HELD_OUT, TRAIN, Split
from storage.canonical import canonical_json, digest_bytes, short
from storage.export.sample_members import CLIPS_FOLDER, members, samples_by_folder
from storage.files.new_folder import new_folder
from storage.gate.verdicts import require_passed
from storage.rows.dataset import Dataset, SampleAddress
from storage.rows.packed_values import PayloadReader
from storage.rows.source_kinds import PHOTOGRAPHS, kinds_among
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

    @property
    def num_clips(self) -> int:
        """Samples that are clips."""
        return sum(shard.samples for shard in self.shards if shard.path.startswith(f"{CLIPS_FOLDER}/"))

    @property
    def num_sequences(self) -> int:
        """Samples that are pseudo-sequences."""
        return sum(shard.samples for shard in self.shards) - self.num_clips


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
        Which samples to export; a split without any is left out.
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
    found = {split: samples_by_folder(dataset, split) for split in splits}
    if not any(found.values()):
        kinds = kinds_among(dataset.stages)
        samples = (
            "sequences" if kinds == (PHOTOGRAPHS,) else " or ".join(f"{one.sample_noun}s" for one in kinds)
        )
        raise InputError(
            f"expected {' or '.join(splits)} {samples} in dataset {short(dataset_id)}…, found none"
        )
    with new_folder(folder) as aside:
        shards = tuple(
            _write_shard(store, aside, Path(folder_name, f"{number:05d}.tar"), split, shard)
            for folder_name, split, samples in _by_folder(found)
            for number, shard in enumerate(_in_parts(samples, samples_per_shard))
        )
        index = ExportIndex(dataset=dataset_id, shards=shards)
        (aside / INDEX_FILE).write_bytes(canonical_json(index.model_dump(mode="json")))
    return index


def _by_folder(
    found: Mapping[Split, Mapping[str, Sequence[SampleAddress]]],
) -> list[tuple[str, Split, Sequence[SampleAddress]]]:
    """Return folder, split and samples, pseudo-sequences first."""
    every = [(folder, split, samples) for split, of in found.items() for folder, samples in of.items()]
    return sorted(every, key=lambda one: one[0].startswith(CLIPS_FOLDER))


def _in_parts(samples: Sequence[SampleAddress], size: int) -> list[Sequence[SampleAddress]]:
    """Return samples in parts of equal size; the last one may be smaller."""
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def _write_shard(
    store: Store, folder: Path, path: Path, split: Split, samples: Sequence[SampleAddress]
) -> ExportedShard:
    payload = PayloadReader(store.objects)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for sample in samples:
            for name, data in members(sample, payload):
                member = tarfile.TarInfo(f"{sample.id}.{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    data = buffer.getvalue()
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return ExportedShard(
        path=path.as_posix(), split=split, samples=len(samples), bytes=len(data), digest=digest_bytes(data)
    )
