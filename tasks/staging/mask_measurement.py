"""Measures a detector and its pseudo-masks against masks drawn by people."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from shls_core.errors import InputError, SampleError
from shls_core.files.file_kind import kind_of_file
from shls_core.files.foreign_file import LARGEST_PICTURE, read_regular
from shls_core.files.pictures.decode import decode_image
from shls_core.files.pictures.formats import is_picture_name
from shls_core.files.skipped import Skipped, SkippedKind
from shls_core.files.skipped_counts import SkippedFiles, counted_by_kind
from shls_core.files.walk import walk_folder
from shls_core.foreign_text import printable
from shls_core.metrics.region import region_similarity
from shls_core.metrics.saliency import (
    PrecisionRecall,
    centre_prior,
    max_f_measure,
    mean_absolute_error,
    precision_recall,
    s_measure,
)
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.detector import DetectorSource
from shls_core.saliency.foreground import foreground
from shls_core.saliency.map_folder import MISSING_MAP, MapFolder, read_map
from shls_core.saliency.pseudo_mask import pseudo_mask
from storage.rows.stage_names import SALIENCY
from tasks.executor import run_jobs
from tasks.runs.execution_config import ExecutionConfig
from tasks.stages.detectors import detector_identity, ready_detector

_NOISE = 31
_THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class MapScores(BaseModel):
    """Mean scores of maps and of the masks made from them, each 0..1."""

    model_config = ConfigDict(frozen=True)

    mae: float
    max_f_measure: float
    s_measure: float
    mask_iou: float


class Advice(BaseModel):
    """What a threshold of confidence would keep."""

    model_config = ConfigDict(frozen=True)

    min_confidence: float
    kept_share: float
    mask_iou: float | None
    """Mean IoU of the masks that are kept; None if none is."""


class MaskMeasurement(BaseModel):
    """The result of measuring."""

    model_config = ConfigDict(frozen=True)

    num_images: int
    num_failed: int
    """Photographs that cannot be measured; they count nowhere else."""
    failed: dict[str, int]
    """How many for each reason: no map, a damaged photograph, a truth that is no mask."""
    detector: MapScores
    centre_prior: MapScores
    mean_confidence: float
    advice: tuple[Advice, ...]


class _Scored(NamedTuple):
    """One map against its truth."""

    mae: float
    curve: PrecisionRecall
    s_measure: float
    mask_iou: float


class _Measured(NamedTuple):
    """One photograph: detector and centre prior."""

    detected: _Scored
    prior: _Scored
    confidence: float


@dataclass(frozen=True, slots=True)
class MeasuringJob:
    """One photograph to measure: paths, never arrays."""

    photograph: str
    truth: str
    map_file: str | None
    model: str | None
    model_digest: str | None
    config: SaliencyConfig
    max_side: int


def measuring_jobs(
    images: str, truth: str, config: SaliencyConfig, max_side: int, limit: int | None = None
) -> list[MeasuringJob]:
    """Pair the photographs of a folder with the masks of another, by name without suffix.

    Raises
    ------
    InputError
        If a folder is missing, or no photograph has a mask.
    """
    truths, root = MapFolder.open(truth), Path(images)
    if not root.is_dir():
        raise InputError(f"expected a folder of photographs, found none at {images}")
    source, digest = DetectorSource.of(config), detector_identity(config).get("digest")
    maps = MapFolder.open(str(source.path)) if source.kind == "maps" else None
    found = []
    for name, path, mask in _paired(root, truths):
        if mask is None:
            continue
        map_file = maps.of(name) if maps else None
        found.append(
            MeasuringJob(
                photograph=str(path.absolute()),
                truth=str(mask.absolute()),
                map_file=str(map_file.absolute()) if map_file else None,
                model=str(Path(str(source.path)).absolute()) if source.is_network else None,
                model_digest=digest,
                config=config,
                max_side=max_side,
            )
        )
    if not found:
        raise InputError(f"expected photographs in {images} named like the masks in {truth}, found none")
    return found[:limit]


def unmatched_truths(images: str, truth: str) -> dict[str, int]:
    """Return how many photographs have no mask, and how many masks no photograph; nothing where none is."""
    root, truths = Path(images), MapFolder.open(truth)
    paired = list(_paired(root, truths))
    counts = {
        "photographs without a mask": sum(mask is None for _, _, mask in paired),
        "masks without a photograph": len(truths.unused(name for name, _, _ in paired)),
    }
    return {what: count for what, count in counts.items() if count}


def skipped_files(images: str) -> tuple[SkippedFiles, ...]:
    """Return what lies among the photographs and is not measured: films, broken links, folders not listed."""
    contents = walk_folder(Path(images))
    films = (
        Skipped(SkippedKind.VIDEO, printable(file.name))
        for file in contents.files
        if kind_of_file(file.name, b"") == "video"
    )
    return counted_by_kind([*contents.skipped, *films])


def _paired(root: Path, truths: MapFolder) -> Iterator[tuple[str, Path, Path | None]]:
    """Yield the photographs below a folder: name, path, and mask if it has one."""
    for name, path in walk_folder(root).files:
        if not is_picture_name(name):
            continue
        mask = truths.of(name)
        if mask is None or not mask.samefile(path):  # the masks may lie among the photographs
            yield name, path, mask


def measure_masks(
    jobs: Sequence[MeasuringJob],
    execution: ExecutionConfig,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> MaskMeasurement:
    """Run the detector on every photograph and compare maps and masks with the truth.

    Raises
    ------
    InputError
        If no photograph could be measured.
    """
    measured: list[tuple[str, _Measured | str]] = []
    advance(0, len(jobs))
    each = execution.resources(SALIENCY)
    for result in run_jobs(_measure, jobs, execution.backend, execution.workers, resources=each):
        measured.append(result)
        advance(len(measured), len(jobs))
    # Workers finish in any order; means are taken in a fixed order.
    usable = [one for _, one in sorted(measured, key=lambda item: item[0]) if not isinstance(one, str)]
    failed = Counter(sorted(one for _, one in measured if isinstance(one, str)))
    if not usable:
        reasons = ", ".join(f"{count} x {reason}" for reason, count in failed.items())
        raise InputError(f"expected photographs that can be measured, got {len(jobs)} that cannot: {reasons}")
    return MaskMeasurement(
        num_images=len(usable),
        num_failed=len(measured) - len(usable),
        failed=dict(failed),
        detector=_means([one.detected for one in usable]),
        centre_prior=_means([one.prior for one in usable]),
        mean_confidence=float(np.mean([one.confidence for one in usable])),
        advice=tuple(_advice([(one.confidence, one.detected.mask_iou) for one in usable])),
    )


def _measure(job: MeasuringJob) -> tuple[str, _Measured | str]:
    """Return the path of a photograph, and its scores or the reason why it has none."""
    try:
        image = decode_image(read_regular(job.photograph, LARGEST_PICTURE), job.max_side)
        height, width = image.shape[:2]
        truth = _truth(read_map(read_regular(job.truth, LARGEST_PICTURE), height, width))
        detected = _detected(job, image)
    except SampleError as error:
        return job.photograph, error.reason
    found = foreground(image, detected, job.config)
    prior = centre_prior(height, width)
    return job.photograph, _Measured(
        _scored(found.saliency_map, found.mask, truth),
        _scored(prior, pseudo_mask(prior, job.config), truth),
        found.confidence,
    )


def _truth(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return the object pixels of a mask: brighter than half of its brightest pixel, and than noise."""
    inside: npt.NDArray[np.bool_] = mask > max(int(mask.max()) // 2, _NOISE)
    return inside


def _detected(job: MeasuringJob, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if DetectorSource.of(job.config).kind != "maps":
        return ready_detector(job.config, job.model, job.model_digest)(image)
    if job.map_file is None:
        raise SampleError(MISSING_MAP)
    return read_map(read_regular(job.map_file, LARGEST_PICTURE), *image.shape[:2])


def _scored(
    saliency_map: npt.NDArray[np.uint8], mask: npt.NDArray[np.uint8], truth: npt.NDArray[np.bool_]
) -> _Scored:
    return _Scored(
        mean_absolute_error(saliency_map, truth),
        precision_recall(saliency_map, truth),
        s_measure(saliency_map, truth),
        region_similarity(mask > 0, truth),
    )


def _means(scored: Sequence[_Scored]) -> MapScores:
    curve = PrecisionRecall(
        np.mean([one.curve.precision for one in scored], axis=0),
        np.mean([one.curve.recall for one in scored], axis=0),
    )
    return MapScores(
        mae=float(np.mean([one.mae for one in scored])),
        max_f_measure=max_f_measure(curve),
        s_measure=float(np.mean([one.s_measure for one in scored])),
        mask_iou=float(np.mean([one.mask_iou for one in scored])),
    )


def _advice(measured: Sequence[tuple[float, float]]) -> Iterable[Advice]:
    for threshold in _THRESHOLDS:
        kept = [iou for confidence, iou in measured if confidence >= threshold]
        yield Advice(
            min_confidence=threshold,
            kept_share=len(kept) / len(measured),
            mask_iou=float(np.mean(kept)) if kept else None,
        )
