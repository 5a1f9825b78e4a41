"""The clips of a dataset that a training can draw, in the order of their numbers."""

from dataclasses import dataclass

from shls_core.errors import InputError
from shls_core.photographs.split import Split
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import RowAddress
from storage.rows.stage_names import CLIPS, CLUSTERS


@dataclass(frozen=True, slots=True)
class ClipSample:
    """A clip: where its row is, and the shape of its frames."""

    row: RowAddress
    num_frames: int
    height: int
    width: int
    clusters: RowAddress | None = None
    """Where its clusters are, if the dataset has clusters."""


@dataclass(frozen=True)
class ClipSamples:
    """The clips of one split, by ascending sample id.

    Attributes
    ----------
    samples
        Those that are long enough; their positions are their numbers.
    num_short
        How many are shorter, and left out.
    """

    samples: tuple[ClipSample, ...]
    num_short: int


def clip_samples(objects: ObjectStore, dataset_id: str, split: Split, num_frames: int) -> ClipSamples:
    """Return the clips of a split with at least `num_frames` frames.

    In a dataset with clusters, clips without a pseudo-object are always left out.

    Raises
    ------
    InputError
        If the dataset has no clips, or none is long enough.
    ObjectMissing, ObjectCorrupted
    """
    dataset = Dataset(objects, dataset_id)
    if CLIPS not in dataset.stages:
        raise InputError(f"expected a dataset of videos, got {short(dataset_id)}…, which has no {CLIPS}")
    clusters: dict[str, RowAddress] | None = None
    if CLUSTERS in dataset.stages:
        clusters = {address.sample_id: address for address, _ in dataset[CLUSTERS].accepted(())}
    found = [
        ClipSample(
            address,
            row["num_frames"],
            row["height"],
            row["width"],
            clusters.get(address.sample_id) if clusters is not None else None,
        )
        for address, row in dataset[CLIPS].accepted(("split", "num_frames", "height", "width"))
        if row["split"] == split and (clusters is None or address.sample_id in clusters)
    ]
    long_enough = tuple(sample for sample in found if sample.num_frames >= num_frames)
    if not long_enough:
        shorter = f"{len(found)} shorter ones" if found else "none at all"
        raise InputError(
            f"expected {split} clips of at least {num_frames} frames in dataset {short(dataset_id)}…, "
            f"found {shorter}"
        )
    return ClipSamples(long_enough, len(found) - len(long_enough))
