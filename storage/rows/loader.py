"""The loader: random access to the decoded pseudo-sequences of a dataset, by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from shls_core.errors import InputError, ObjectCorrupted, SampleError
from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.photographs.split import Split
from shls_core.propagation.labelled_sequence import LabelledSequence
from shls_core.synthesis.layer_warps import decode_warps
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.batches import Batches, Column, LoaderState, SequenceArrays, Share
from storage.rows.codecs import decode_map
from storage.rows.dataset import Dataset
from storage.rows.packed_values import PayloadReader
from storage.rows.stage_artifact import RowAddress

COLUMNS: tuple[Column, ...] = ("frames", "masks", "superpixel_maps")
"""The columns of pixels, which a loader reads by default."""
ALL_COLUMNS: tuple[Column, ...] = (*COLUMNS, "warps")

_Decode = Callable[[memoryview, int, int], npt.NDArray[Any]]
_DECODE: Mapping[Column, _Decode] = {
    "frames": lambda data, height, width: decode_frame(data),
    "masks": lambda data, height, width: decode_map(data, height, width, np.uint8),
    "superpixel_maps": lambda data, height, width: decode_map(data, height, width, np.uint16),
}
_LABELS = {"frames": np.uint8, "masks": np.uint8, "superpixel_maps": np.uint16}


class SequenceLoader:
    """Random access to the pseudo-sequences of one split of a dataset, numbered by ascending sample id.

    It reads only the bytes that are requested, and caches none. Threads may share a loader. Numbers do not
    depend on the columns that are read: sequences whose superpixels were rejected are always left out.

    Parameters
    ----------
    objects
        Where the shards are.
    dataset_id
        The dataset.
    split
        Training or held-out sequences.
    columns
        What to read: any of ``frames``, ``masks``, ``superpixel_maps``, ``warps``.

    Attributes
    ----------
    sample_ids : tuple of str
        Id of the sequence with each number.

    Raises
    ------
    InputError
        If the split has no sequence, or a column is not one of these.

    Examples
    --------
    ::

        loader = SequenceLoader(store.objects, resolve(store, "photos@v3", "dataset"), TRAIN)
        batches = loader.batches(seed=0, batch_size=8, num_threads=2)
        for batch in batches:
            batch["frames"], batch["masks"], batch["superpixel_maps"]
            batches.state  # LoaderState(seed=0, step=1), then step=2 …
    """

    def __init__(
        self, objects: ObjectStore, dataset_id: str, split: Split, columns: Sequence[str] = COLUMNS
    ) -> None:
        if not columns or not set(columns) <= set(ALL_COLUMNS):
            raise InputError(f"expected columns among {', '.join(ALL_COLUMNS)}, got {list(columns)}")
        dataset = Dataset(objects, dataset_id)
        self._samples = dataset.samples(split, ("num_frames", "height", "width"))
        self._sizes = [
            (sample.columns["num_frames"], sample.columns["height"], sample.columns["width"])
            for sample in self._samples
        ]
        self._stages = {column: dataset.stage_with(column) for column in columns}
        if not self._samples:
            raise InputError(f"expected {split} sequences in dataset {short(dataset_id)}…, found none")
        self._columns = cast("tuple[Column, ...]", tuple(columns))
        self._payload = PayloadReader(objects)

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """Id of the sequence with each number."""
        return tuple(sample.id for sample in self._samples)

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[LabelledSequence]:
        """Yield every sequence once, by ascending sample id."""
        return (self.read(number) for number in range(len(self)))

    def read(self, number: int) -> LabelledSequence:
        """Read and decode one sequence by its number, 0..len-1; `stored` gets the other columns.

        Raises
        ------
        InputError
            If the loader does not read frames or masks.
        """
        if missing := {"frames", "masks"} - set(self._columns):
            raise InputError(
                f"expected a loader of frames and masks, got one without {', '.join(sorted(missing))}"
            )
        stored: dict[str, npt.NDArray[Any]] = {
            name: array[0] for name, array in self.arrays([number]).items()
        }
        frames, masks = stored.pop("frames"), stored.pop("masks")
        return LabelledSequence(self._samples[number].id, frames, masks, stored)

    def arrays(self, numbers: Sequence[int]) -> SequenceArrays:
        """Read and decode the sequences with some numbers, 0..len-1, into one array per column.

        Returns
        -------
        dict of str to numpy.ndarray
            ``frames`` uint8 (B, T, H, W, 3), RGB; ``masks`` uint8 (B, T, H, W), 0 background, 1..K;
            ``superpixel_maps`` uint16 (B, T, H, W), labels 0..R-1 in every frame; ``warps`` float64
            (B, T, K+1, 3, 3), not a number for labels that a sequence does not have; only the columns that
            the loader reads.

        Raises
        ------
        InputError
            If the sequences differ in length or size.
        ObjectMissing, ObjectCorrupted
        """
        size = self._size(numbers)
        stacked: SequenceArrays = {}
        for column in self._columns:
            if column == "warps":
                stacked[column] = _padded([self._warps(number) for number in numbers])
                continue
            channels = (3,) if column == "frames" else ()
            stacked[column] = np.empty((len(numbers), *size, *channels), _LABELS[column])
            for place, number in enumerate(numbers):
                self._decode_into(stacked[column][place], column, number)
        return stacked

    def batches(
        self,
        seed: int,
        batch_size: int,
        first_step: int = 0,
        share: Share = Share(),  # noqa: B008 (frozen)
        num_threads: int = 1,
        prefetch: int = 2,
    ) -> Batches:
        """Return the endless batches of a seed, from a step on; `Batches` describes the arguments."""
        return Batches(self, batch_size, LoaderState(seed, first_step), share, num_threads, prefetch)

    def _size(self, numbers: Sequence[int]) -> tuple[int, int, int]:
        sizes = {self._sizes[number] for number in numbers}
        if len(sizes) != 1:
            raise InputError(f"expected sequences of one length and size (T, H, W), got {sorted(sizes)}")
        return sizes.pop()

    def _warps(self, number: int) -> npt.NDArray[np.float64]:
        address = self._samples[number].rows[self._stages["warps"]]
        try:
            warps = decode_warps(self._payload.values(address.shard, "warps", address.index))
        except SampleError as error:
            raise ObjectCorrupted(f"{error} ({_at(address)})") from error
        if len(warps) != self._sizes[number][0]:
            raise ObjectCorrupted(
                f"expected warps of {self._sizes[number][0]} frames, got {len(warps)} ({_at(address)})"
            )
        return warps

    def _decode_into(self, target: npt.NDArray[Any], column: Column, number: int) -> None:
        address = self._samples[number].rows[self._stages[column]]
        values = self._payload.values(address.shard, column, address.index)
        if len(values) != len(target):
            raise ObjectCorrupted(f"expected {len(target)} {column}, got {len(values)} ({_at(address)})")
        for time, value in enumerate(values):
            try:
                decoded = _DECODE[column](value, *target.shape[1:3])
            except (SampleError, OSError, ValueError) as error:
                raise ObjectCorrupted(f"{error} ({_at(address)}, frame {time})") from error
            if decoded.shape != target.shape[1:]:
                expected = f"expected {column} of {target.shape[1:]}, got {decoded.shape}"
                raise ObjectCorrupted(f"{expected} ({_at(address)}, frame {time})")
            target[time] = decoded


def _padded(warps: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    most = max(one.shape[1] for one in warps)
    padded = np.full((len(warps), len(warps[0]), most, 3, 3), np.nan)
    for target, one in zip(padded, warps, strict=True):
        target[:, : one.shape[1]] = one
    return padded


def _at(address: RowAddress) -> str:
    return f"sample {short(address.sample_id)}…, shard {short(address.shard)}…"
