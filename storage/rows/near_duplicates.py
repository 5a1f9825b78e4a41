"""The near-duplicates of a dataset, as its split grouped them: photographs, and videos with clips alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shls_core.photographs.scene_groups import alike_groups, joined_scenes
from shls_core.photographs.split import HeldOutConfig, Split, split_of
from storage.objects.objects import ObjectStore
from storage.rows.dataset import Dataset
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind
from storage.rows.stage_artifact import RowAddress
from storage.rows.stage_names import CLIPS, FOOTAGE, INGEST, SEQUENCES


class StoredPicture(NamedTuple):
    """The picture by which a source is compared: a photograph, or a frame of a clip."""

    row: RowAddress
    frame: int | None
    """Its number among the frames of the row; None for a photograph."""


@dataclass(frozen=True)
class NearDuplicates:
    """Sources of one kind that show the same picture."""

    kind: SourceKind
    file_names: tuple[str, ...]
    pictures: tuple[StoredPicture, ...]
    """One of each source: of a video, the first that is alike."""
    split: Split
    """The side of the split that contains all of them."""


def near_duplicates_of(objects: ObjectStore, dataset_id: str) -> list[NearDuplicates]:
    """Return the groups of near-duplicates of a dataset, photographs first, by their first file name."""
    dataset = Dataset(objects, dataset_id)
    found: list[NearDuplicates] = []
    if INGEST in dataset.stages:
        found += _photographs(dataset)
    if FOOTAGE in dataset.stages:
        found += _videos(dataset)
    return found


def _photographs(dataset: Dataset) -> list[NearDuplicates]:
    parameters = dataset[SEQUENCES].manifest.parameters
    max_bits, held_out = int(parameters["near_duplicate_bits"]), HeldOutConfig(**parameters["held_out"])
    ingested = dataset[INGEST].accepted(("file_name", "scene", "perceptual_hash"))
    ingested.sort(key=lambda item: str(item[1]["file_name"]))
    hashes = [row["perceptual_hash"] for _, row in ingested]
    scenes = joined_scenes([row["scene"] for _, row in ingested], hashes, max_bits)
    return [
        NearDuplicates(
            kind=PHOTOGRAPHS,
            file_names=tuple(ingested[place][1]["file_name"] for place in group),
            pictures=tuple(StoredPicture(ingested[place][0], None) for place in group),
            split=split_of(scenes[group[0]], held_out),
        )
        for group in alike_groups(hashes, max_bits)
    ]


@dataclass(frozen=True)
class _Clip:
    file_name: str
    address: RowAddress
    middle: int
    hash: str | None
    split: Split


def _videos(dataset: Dataset) -> list[NearDuplicates]:
    """Return the groups of videos with clips whose middle frames are alike; one video is no group."""
    max_bits = int(dataset[CLIPS].manifest.parameters["clips"]["near_duplicate_bits"])
    clips = sorted(_clips(dataset), key=lambda clip: (clip.file_name, clip.address.sample_id))
    # Clips of a video are joined by the name of their scene, those alike by their hashes.
    joined = joined_scenes([clip.file_name for clip in clips], [clip.hash for clip in clips], max_bits)
    alike = {place for group in alike_groups([one.hash for one in clips], max_bits) for place in group}
    groups: dict[str, dict[str, _Clip]] = {}
    for place, (scene, clip) in enumerate(zip(joined, clips, strict=True)):
        if place in alike:
            groups.setdefault(scene, {}).setdefault(clip.file_name, clip)
    return [
        NearDuplicates(
            kind=VIDEOS,
            file_names=tuple(of_video),
            pictures=tuple(StoredPicture(clip.address, clip.middle) for clip in of_video.values()),
            split=next(iter(of_video.values())).split,
        )
        for of_video in groups.values()
        if len(of_video) > 1
    ]


def _clips(dataset: Dataset) -> Iterator[_Clip]:
    """Yield the accepted clips with the hash of their middle frame, which their footage has."""
    footage: dict[str, list[Mapping[str, Any]]] = {}
    for _, row in dataset[FOOTAGE].accepted(("source_ids", "file_name", "first", "hashes")):
        footage.setdefault(row["source_ids"][0], []).append(row)
    for address, clip in dataset[CLIPS].accepted(("video_id", "first", "num_frames", "split")):
        middle = clip["num_frames"] // 2
        for taken in footage.get(clip["video_id"], ()):
            place = clip["first"] + middle - taken["first"]
            if 0 <= place < len(taken["hashes"]):
                yield _Clip(taken["file_name"], address, middle, taken["hashes"][place], clip["split"])
                break
