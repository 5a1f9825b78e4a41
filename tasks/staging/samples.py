"""Samples of a dataset, decoded for viewing: a pseudo-sequence and what it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.jpeg_frames import decode_frame
from shls_core.photographs.crops import Box, crop
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.rows.codecs import decode_map
from storage.rows.shards import RowReader
from storage.rows.stage_artifact import RowAddress, StageArtifact
from storage.rows.stage_names import INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

FACTS = (
    "num_objects",
    "num_pasted",
    "num_left_out",
    "has_clone",
    "occluded_share",
    "num_leaves",
    "num_returns",
)


@dataclass(frozen=True)
class Sample:
    """One pseudo-sequence with its template."""

    file_name: str
    """Of the template's photograph."""
    source_file_names: tuple[str, ...]
    """Of the photographs whose objects are pasted, in that order."""
    split: str
    """``train`` or ``held_out``."""
    photograph: npt.NDArray[np.uint8]
    """(h, w, 3), the part of it that was used."""
    saliency_map: npt.NDArray[np.uint8]
    """(h, w), 0..255."""
    pseudo_mask: npt.NDArray[np.uint8]
    """(h, w), labels 0..K."""
    frames: npt.NDArray[np.uint8]
    """(T, H, W, 3)."""
    masks: npt.NDArray[np.uint8]
    """(T, H, W), labels 0..K."""
    superpixel_maps: npt.NDArray[np.uint16]
    """(T, H, W), labels 0..R-1."""
    facts: Mapping[str, Any]
    """Statistics of the sequence, those named in `FACTS`."""


@dataclass(frozen=True)
class RejectedSample:
    """A photograph of which no sample was made."""

    file_name: str
    """Or the beginning of its id, if no name is kept."""
    reason: str
    """Stage and reason: ``saliency: low_confidence``."""
    photograph: npt.NDArray[np.uint8] | None
    """(h, w, 3); None if it cannot be decoded."""


class SampleReader:
    """Reads the samples of a dataset.

    Parameters
    ----------
    objects
        Where the dataset is.
    artifacts
        Id of the artifact of each stage.
    max_side
        Longest side of the photographs in use, in px.
    """

    def __init__(self, objects: ObjectStore, artifacts: Mapping[str, str], max_side: int) -> None:
        self._stages = {name: StageArtifact(objects, artifact) for name, artifact in artifacts.items()}
        self._reader = RowReader(objects)
        self._max_side = max_side

    def sample_ids(self) -> list[str]:
        """Return the ids of all samples, sorted."""
        return sorted(self._superpixels)

    def num_of_split(self) -> dict[str, int]:
        """Return how many samples are on each side of the split."""
        return dict(Counter(facts["split"] for _, facts in self._sequences.values()))

    def sample(self, sample_id: str) -> Sample:
        """Read one sample."""
        address, facts = self._sequences[sample_id]
        sequence = self._row(address, "height", "width", "frames", "masks")
        still = self._row(
            self._masks[facts["template_id"]][0],
            *("image_id", "top", "left", "height", "width", "saliency_map", "mask"),
        )
        box = Box(still["top"], still["left"], still["top"] + still["height"], still["left"] + still["width"])
        size, shape = (still["height"], still["width"]), (sequence["height"], sequence["width"])
        maps = self._row(self._superpixels[sample_id][0], "superpixel_maps")["superpixel_maps"]
        return Sample(
            file_name=self._file_name_of(facts["template_id"]),
            source_file_names=tuple(map(self._file_name_of, facts["pasted_ids"])),
            split=facts["split"],
            photograph=crop(self._photograph(still["image_id"]), box),
            saliency_map=decode_map(still["saliency_map"], *size, np.uint8),
            pseudo_mask=decode_map(still["mask"], *size, np.uint8),
            frames=np.stack([decode_frame(frame) for frame in sequence["frames"]]),
            masks=np.stack([decode_map(mask, *shape, np.uint8) for mask in sequence["masks"]]),
            superpixel_maps=np.stack([decode_map(labels, *shape, np.uint16) for labels in maps]),
            facts={name: facts[name] for name in FACTS},
        )

    def rejected(self, most_of_a_reason: int | None = None) -> list[RejectedSample]:
        """Return the photographs whose row some stage rejected, with stage and reason, by file name.

        Parameters
        ----------
        most_of_a_reason
            How many to return, at most, of those that one stage rejected for reasons that begin alike, up to
            a colon; by default all.
        """
        found = [
            rejected
            for stage, artifact in self._stages.items()
            for rejected in self._rejected_by(stage, artifact, most_of_a_reason)
        ]
        return sorted(found, key=lambda sample: (sample.file_name, sample.reason))

    def _rejected_by(
        self, stage: str, artifact: StageArtifact, most_of_a_reason: int | None
    ) -> Iterator[RejectedSample]:
        table = artifact.table(["sample_id", "source_ids", "rejected"])
        found: dict[str, list[tuple[str, str, str]]] = {}
        for row in table.filter(pc.is_valid(table["rejected"])).to_pylist():
            image_id, reason = row["source_ids"][0], row["rejected"]
            file_name = self._file_names[row["sample_id"] if stage == INGEST else image_id] or short(image_id)
            found.setdefault(reason.partition(":")[0], []).append((file_name, reason, image_id))
        for rows in found.values():
            for file_name, reason, image_id in sorted(rows)[:most_of_a_reason]:
                pixels = self._photograph(image_id) if image_id in self._images else None
                yield RejectedSample(file_name, f"{stage}: {reason}", pixels)

    def _file_name_of(self, mask_id: str) -> str:
        return str(self._images[self._masks[mask_id][1]["image_id"]][1]["file_name"])

    def _photograph(self, image_id: str) -> npt.NDArray[np.uint8]:
        data = self._row(self._images[image_id][0], "image")["image"]
        return decode_image(data, self._max_side)

    def _row(self, address: RowAddress, *columns: str) -> dict[str, Any]:
        return self._reader.row(address.shard, address.index, columns)

    def _by_id(self, stage: str, *columns: str) -> dict[str, tuple[RowAddress, dict[str, Any]]]:
        rows = self._stages[stage].accepted(columns)
        return {address.sample_id: (address, row) for address, row in rows}

    @cached_property
    def _file_names(self) -> dict[str, str | None]:
        """Of every row of ingest, rejected ones included; None if the name is not kept."""
        table = self._stages[INGEST].table(["sample_id", "file_name"])
        return dict(zip(table["sample_id"].to_pylist(), table["file_name"].to_pylist(), strict=True))

    @cached_property
    def _images(self) -> dict[str, tuple[RowAddress, dict[str, Any]]]:
        return self._by_id(INGEST, "file_name")

    @cached_property
    def _masks(self) -> dict[str, tuple[RowAddress, dict[str, Any]]]:
        return self._by_id(SALIENCY, "image_id")

    @cached_property
    def _sequences(self) -> dict[str, tuple[RowAddress, dict[str, Any]]]:
        return self._by_id(SEQUENCES, "template_id", "pasted_ids", "split", *FACTS)

    @cached_property
    def _superpixels(self) -> dict[str, tuple[RowAddress, dict[str, Any]]]:
        return self._by_id(SUPERPIXELS)
