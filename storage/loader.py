"""The loader: pseudo-sequences of a dataset, in an order that is a function of (seed, step) alone."""

import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from shls_core.errors import InputError
from shls_core.images import decode_frame
from shls_core.labelled_sequence import LabelledSequence
from shls_core.seeding import generator
from shls_core.split import Split
from shls_core.training.batch import TrainingBatch
from storage.artifact import RowAddress, StageArtifact
from storage.codecs import decode_map
from storage.manifest import DatasetManifest, get_record
from storage.objects import ObjectStore
from storage.schemas import SEQUENCES, SUPERPIXELS
from storage.shards import RowReader


class SequenceLoader:
    """Random access to the pseudo-sequences of one split of a dataset.

    Parameters
    ----------
    objects
        Where the shards are.
    dataset_id
        The dataset.
    split
        Training or held-out sequences.

    Raises
    ------
    InputError
        If the split has no sequence.
    """

    def __init__(self, objects: ObjectStore, dataset_id: str, split: Split) -> None:
        dataset = get_record(objects, dataset_id, DatasetManifest)
        superpixels = {
            address.sample_id: address
            for address, _ in StageArtifact(objects, dataset.superpixels).accepted()
        }
        self._addresses: list[tuple[RowAddress, RowAddress]] = [
            (address, superpixels[address.sample_id])
            for address, row in StageArtifact(objects, dataset.sequences).accepted(("split",))
            if row["split"] == split and address.sample_id in superpixels
        ]
        self._rows = RowReader(objects)
        if not self._addresses:
            raise InputError(f"expected {split} sequences in dataset {dataset_id[:12]}…, found none")

    def __len__(self) -> int:
        return len(self._addresses)

    def __iter__(self) -> Iterator[LabelledSequence]:
        """Yield every sequence once, by ascending sample id."""
        return (self.read(number) for number in range(len(self)))

    def read(self, number: int) -> LabelledSequence:
        """Read and decode the sequence of one number, 0..len-1."""
        sequence, superpixels = self._addresses[number]
        row = self._row(sequence, SEQUENCES, "height", "width", "frames", "masks")
        maps = self._row(superpixels, SUPERPIXELS, "superpixel_maps")["superpixel_maps"]
        size = int(row["height"]), int(row["width"])
        return LabelledSequence(
            sample_id=sequence.sample_id,
            frames=np.stack([decode_frame(frame) for frame in row["frames"]]),
            masks=np.stack([decode_map(mask, *size, np.uint8) for mask in row["masks"]]),
            superpixel_maps=np.stack([decode_map(labels, *size, np.uint16) for labels in maps]),
        )

    def batches(self, seed: int, batch_size: int, first_step: int = 0) -> Iterator[TrainingBatch]:
        """Yield batches without end, from any step on; the next one is read while the last one is used.

        Step s takes positions s * batch_size and on of an endless walk through the split, shuffled anew in
        every epoch: a batch may span two epochs, and none is cut short.
        """
        with ThreadPoolExecutor(max_workers=1) as reader:
            step = first_step
            upcoming = reader.submit(self._batch, seed, batch_size, step)
            while True:
                batch = upcoming.result()
                step += 1
                upcoming = reader.submit(self._batch, seed, batch_size, step)
                yield batch

    def _batch(self, seed: int, batch_size: int, step: int) -> TrainingBatch:
        positions = range(step * batch_size, (step + 1) * batch_size)
        sequences = [self.read(self._number_at(seed, position)) for position in positions]
        return TrainingBatch(
            frames=np.stack([sequence.frames for sequence in sequences]),
            superpixel_maps=np.stack([sequence.superpixel_maps for sequence in sequences]),
            masks=np.stack([sequence.masks for sequence in sequences]),
        )

    def _number_at(self, seed: int, position: int) -> int:
        epoch, place = divmod(position, len(self))
        return int(_order(seed, epoch, len(self))[place])

    def _row(self, address: RowAddress, stage: str, *columns: str) -> dict[str, Any]:
        assert address.stage == stage
        return self._rows.row(address.shard, address.index, columns)


@functools.lru_cache(maxsize=4)
def _order(seed: int, epoch: int, num_sequences: int) -> npt.NDArray[np.int64]:
    return generator(seed, "order", str(epoch)).permutation(num_sequences)
