"""The loader of clips: of each, the frames that a place of the training draws, cut out, and no others."""

from collections.abc import Sequence

import numpy as np

from shls_core.errors import ObjectCorrupted, SampleError
from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.photographs.split import Split
from shls_core.seeding import generator
from shls_core.training.clip_draw import ClipDraw, ClipPart, cut_frame, draw_part
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.batches import LoaderState, SequenceArrays, Share
from storage.rows.chosen_values import ChosenValuesReader
from storage.rows.clip_batches import ClipBatches
from storage.rows.clip_samples import clip_samples
from storage.rows.cluster_reader import ClusterReader


class ClipLoader:
    """Random access to parts of the clips of one split of a dataset, numbered by ascending sample id.

    It reads only the frames that are drawn, and caches none. Threads may share a loader. Clips with fewer
    frames than a part has are left out of the numbers.

    Parameters
    ----------
    objects
        Where the shards are.
    dataset_id
        The dataset.
    split
        Training or held-out clips.
    draw
        What is drawn of a clip.
    columns
        What to read: ``frames``, and perhaps ``clusters``.

    Attributes
    ----------
    sample_ids : tuple of str
        Id of the clip with each number.
    num_short : int
        How many clips of the split are too short.

    Raises
    ------
    InputError
        If the dataset has no clips, or none on this side that is long enough, or no clusters where they are
        to be read.

    Examples
    --------
    ::

        draw = ClipDraw(num_frames=5, gap=2, short_side=(256, 320), crop=249, flip=0.5)
        loader = ClipLoader(store.objects, resolve(store, "films@v1", "dataset"), TRAIN, draw)
        for batch in loader.batches(seed=0, batch_size=16, num_threads=2):
            batch["frames"]  # uint8 (16, 5, 249, 249, 3)
    """

    def __init__(
        self,
        objects: ObjectStore,
        dataset_id: str,
        split: Split,
        draw: ClipDraw,
        columns: Sequence[str] = ("frames",),
    ) -> None:
        found = clip_samples(objects, dataset_id, split, draw.num_frames)
        self._samples, self.num_short = found.samples, found.num_short
        self._clusters = ClusterReader(objects, dataset_id) if "clusters" in columns else None
        self._draw = draw
        self._values = ChosenValuesReader(objects)

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """Id of the clip with each number."""
        return tuple(sample.row.sample_id for sample in self._samples)

    def __len__(self) -> int:
        return len(self._samples)

    def part(self, number: int, place: int, seed: int) -> ClipPart:
        """Return what a place shows of the clip with some number; it depends on nothing else."""
        sample = self._samples[number]
        rng = generator(seed, "clip", str(place))
        return draw_part(rng, self._draw, sample.num_frames, sample.height, sample.width)

    def arrays(self, numbers: Sequence[int], places: Sequence[int], seed: int) -> SequenceArrays:
        """Read and decode parts of the clips with some numbers, 0..len-1.

        Parameters
        ----------
        numbers
            The clips, in the order of the batch.
        places
            The place of each in the training.
        seed
            Seed of the training.

        Returns
        -------
        dict
            ``frames`` uint8 (B, T, S, S, 3), RGB, in the order of the draw; and, if clusters are read,
            ``masks`` uint8 (B, T, S, S): 0 background, 1.. pseudo-objects.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
        """
        side = self._draw.crop
        frames = np.empty((len(numbers), self._draw.num_frames, side, side, 3), np.uint8)
        parts = [self.part(number, place, seed) for number, place in zip(numbers, places, strict=True)]
        for clip, number, part in zip(frames, numbers, parts, strict=True):
            row, in_time = self._samples[number].row, sorted(part.numbers)
            values = self._values.chosen(
                row.shard, "frames", row.index, in_time, self._samples[number].num_frames
            )
            for time, value in zip(in_time, values, strict=True):
                clip[part.numbers.index(time)] = cut_frame(self._decoded(number, time, value), part, side)
        if self._clusters is None:
            return {"frames": frames}
        masks = [
            self._clusters.cut(self._samples[number], part, side)
            for number, part in zip(numbers, parts, strict=True)
        ]
        return {"frames": frames, "masks": np.stack(masks)}

    def batches(
        self,
        seed: int,
        batch_size: int,
        first_step: int = 0,
        share: Share = Share(),  # noqa: B008 (frozen)
        num_threads: int = 1,
        prefetch: int = 2,
    ) -> ClipBatches:
        """Return the endless batches of a seed, from a step on; `ClipBatches` describes the arguments."""
        return ClipBatches(self, batch_size, LoaderState(seed, first_step), share, num_threads, prefetch)

    def _decoded(self, number: int, time: int, value: memoryview) -> np.ndarray:
        sample = self._samples[number]
        where = f"clip {short(sample.row.sample_id)}…, shard {short(sample.row.shard)}…, frame {time}"
        try:
            frame = decode_frame(value)
        except SampleError as error:
            raise ObjectCorrupted(f"{error} ({where})") from error
        if frame.shape != (sample.height, sample.width, 3):
            got = f"{frame.shape[1]}x{frame.shape[0]}"
            raise ObjectCorrupted(f"expected a frame of {sample.width}x{sample.height}, got {got} ({where})")
        return frame
