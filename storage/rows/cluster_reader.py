"""Reads the clusters of clips, as pseudo-masks of what a training draws of them."""

import numpy as np

from shls_core.clips.cell_labels import cut_labels
from shls_core.errors import InputError, ObjectCorrupted
from shls_core.training.clip_draw import ClipPart
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.chosen_values import ChosenValuesReader
from storage.rows.clip_samples import ClipSample
from storage.rows.codecs import decode_map
from storage.rows.dataset import Dataset
from storage.rows.stage_names import CLUSTERS

_SIZES = ("height", "width", "frame_height", "frame_width")


class ClusterReader:
    """Reads the clusters of the clips of a dataset.

    Raises
    ------
    InputError
        If the dataset has none.
    """

    def __init__(self, objects: ObjectStore, dataset_id: str) -> None:
        dataset = Dataset(objects, dataset_id)
        if CLUSTERS not in dataset.stages:
            raise InputError(
                f"expected a dataset with {CLUSTERS}, got {short(dataset_id)}…, which has none: a build "
                "with clusters.checkpoint makes them, and `shls alternate`"
            )
        self._sizes = {
            address.sample_id: tuple(row[name] for name in _SIZES)
            for address, row in dataset[CLUSTERS].accepted(_SIZES)
        }
        self._values = ChosenValuesReader(objects)

    def cut(self, sample: ClipSample, part: ClipPart, crop: int) -> np.ndarray:
        """Return the pseudo-masks of a part of a clip, uint8 (T, S, S), in the order of the part.

        Raises
        ------
        ObjectMissing, ObjectCorrupted
        """
        address = sample.clusters
        assert address is not None  # the clips of a dataset with clusters have them
        height, width, frame_height, frame_width = self._sizes[address.sample_id]
        in_time = sorted(part.numbers)
        values = self._values.chosen(address.shard, CLUSTERS, address.index, in_time, sample.num_frames)
        masks = np.empty((len(in_time), crop, crop), np.uint8)
        for time, value in zip(in_time, values, strict=True):
            try:
                cells = decode_map(value, height, width, np.uint8)
            except (OSError, ValueError) as error:
                where = f"clip {short(address.sample_id)}…, shard {short(address.shard)}…, frame {time}"
                raise ObjectCorrupted(
                    f"expected {CLUSTERS} of {width}x{height} cells: {error} ({where})"
                ) from error
            masks[part.numbers.index(time)] = cut_labels(cells, (frame_height, frame_width), part, crop)
        return masks
