"""The public interface for Python: open a dataset by name, read a batch, segment a video.

Nothing inside the project imports it. The classes that it returns are documented where they are defined::

    from flows.api import open_dataset, segment

    dataset = open_dataset("stills@latest", store="~/store")
    batch = dataset.batches("train", batch_size=8)[0]
    masks = {name: mask for name, mask in segment("clip.mp4", "first.png", checkpoint="pretrained")}
"""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import UInt8

from flows.joined_checkpoints import checkpoints_in_use
from shls_core.files.places import expanded
from shls_core.files.videos.findings import Findings
from shls_core.files.videos.video import open_video
from shls_core.photographs.split import Split
from shls_core.propagation.given_masks import segment_from_masks
from shls_core.video.mask_files import find_masks
from storage.gate.verdicts import newest_verdict
from storage.kinds import RecordKind
from storage.references import resolve
from storage.rows.batches import Batches, Column
from storage.rows.dataset import Dataset
from storage.rows.loader import COLUMNS, SequenceLoader
from storage.store import Store
from tasks.runs.device import choose_device
from tasks.scoring.salient_mask import SALIENT, first_salient_object

Place = str | PathLike[str]


class OpenDataset:
    """A dataset in a store, opened once.

    Attributes
    ----------
    id : str
        Its id: the SHA-256 of its manifest.
    stages : tuple of str
        Names of its stages, each after the stages that it reads.
    """

    def __init__(self, store: Store, dataset_id: str) -> None:
        self._store = store
        self._dataset = Dataset(store.objects, dataset_id)
        self.id = dataset_id
        self.stages = tuple(self._dataset.stages)

    @property
    def has_passed(self) -> bool:
        """Whether it passed the validation gate, by the newest verdict."""
        verdict = newest_verdict(self._store, self.id)
        return verdict is not None and verdict.passed

    def table(self, stage: str, columns: Sequence[str]) -> pa.Table:
        """Return columns of all rows of a stage, including rejected rows, by ascending sample id.

        Parameters
        ----------
        stage
            One of `stages`.
        columns
            Names of columns; docs/format.md describes each.
        """
        return self._dataset[stage].table(columns)

    def sequences(self, split: Split, columns: Sequence[Column] = COLUMNS) -> SequenceLoader:
        """Return the sequences of one side of the split: ``len()``, iteration, ``read(number)``, ``batches``.

        Parameters
        ----------
        split
            ``train`` or ``held_out``.
        columns
            What to read: any of ``frames``, ``masks``, ``superpixel_maps``.

        Raises
        ------
        InputError
            If there is no sequence on that side.
        """
        return SequenceLoader(self._store.objects, self.id, split, columns)

    def batches(
        self, split: Split, batch_size: int, seed: int = 0, columns: Sequence[Column] = COLUMNS
    ) -> Batches:
        """Return endless shuffled batches: ``batches[step]`` is a dict of arrays by column, or iterate.

        Parameters
        ----------
        split
            ``train`` or ``held_out``.
        batch_size
            Sequences in a batch.
        seed
            Seed of the order.
        columns
            What to read.

        Raises
        ------
        InputError
            If there is no sequence on that side, or the numbers do not fit.
        """
        return self.sequences(split, columns).batches(seed, batch_size)


def open_dataset(reference: str, store: Place = "store") -> OpenDataset:
    """Open a dataset for reading.

    Parameters
    ----------
    reference
        A name (``stills``, ``stills@v2``, ``stills@latest``), an id, or at least its first six digits.
    store
        Folder of the store, or ``s3://bucket/prefix``.

    Raises
    ------
    NameUnknown
        If there is no such store, or no such dataset in it.
    """
    opened = Store.open(store)
    return OpenDataset(opened, resolve(opened, reference, RecordKind.DATASET))


def segment(
    video: Place,
    masks: Place | Mapping[int, UInt8[np.ndarray, "H W"]],
    *,
    checkpoint: str | Sequence[str] = "pretrained",
    store: Place = "store",
    config: str | None = None,
    max_side: int | None = None,
    propagation: str | None = None,
    snap: bool | None = None,
    adapt: bool | None = None,
    share: float | None = None,
    quality: str | None = None,
) -> Iterator[tuple[str, UInt8[np.ndarray, "H W"]]]:
    """Yield the name and the mask of every frame of a video; one frame is in memory at a time.

    A damaged frame has the mask of the frame before it. What is damaged, missing or left out is a warning, at
    the end.

    Parameters
    ----------
    video
        A video file, or a folder of frames.
    masks
        The mask file of the first frame, a folder of mask files named as their frames, or arrays by number
        of their frame, from 0: 0 background, 1..254 objects. ``"salient"``: the most salient object of the
        first frame; a file of that name is ``./salient``, or a `Path`.
    checkpoint
        An id, or its beginning; ``pretrained`` comes with the project and needs no store. Of two, the
        features of the second are joined to the superpixel memory of the first.
    store
        The store that contains the checkpoint.
    config
        A configuration file that states how the checkpoint is used; by default as it was trained.
    max_side
        Longest side in px at which frames are processed; masks have the size of the frames.
    propagation, snap
        As in ``shls segment``: ``own``, ``label_propagation`` or ``superpixel_memory``, and whether the masks
        of label propagation snap to superpixels.
    adapt
        Whether a small network learns the video from its propagated masks, and makes the result. The frames
        are read twice, and the first mask is yielded when all are propagated.
    share
        Of two checkpoints: length of the second one's feature vectors, beside 1 for those of the first.
    quality
        A preset of switches, which the other arguments override: ``fast``, ``balanced`` or ``best``.

    Raises
    ------
    InputError, NameUnknown, ConfigError
        If the video, a mask, the checkpoint or the configuration cannot be used.
    """
    named = [checkpoint] if isinstance(checkpoint, str) else checkpoint
    used = checkpoints_in_use(named, config, os.fspath(store), share).with_options(
        propagation, snap=snap, adapt=adapt, quality=quality
    )
    places = [] if isinstance(masks, Mapping) or masks == SALIENT else [Path(expanded(os.fspath(masks)))]
    source, findings = open_video(Path(expanded(os.fspath(video))), without=places), Findings()
    given: Mapping[int, UInt8[np.ndarray, "H W"]]
    if isinstance(masks, Mapping):
        given = masks
    else:
        given = find_masks(source, places) if places else {0: first_salient_object(source)[1].mask}
    device, choice = choose_device(used.config.execution), used.on_videos(max_side)
    segmenter = choice.segmenter(*used.networks(device))
    segmented = segment_from_masks(segmenter, source.frames(findings), given)
    if adaptation := choice.how.adaptation_on(device):
        segmented = adaptation.after(segmented, source.frames, given)
    for frame, mask in segmented:
        yield frame.name, mask
    for line in (*source.notes, *findings.notes, *findings.losses()):
        warnings.warn(f"{source.path}: {line}", stacklevel=2)
