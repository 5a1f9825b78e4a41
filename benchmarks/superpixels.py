"""Superpixels compared with human segmentations: every segmenter at two sizes, with its speed.

    python benchmarks/superpixels.py BSDS500/images/test BSDS500/groundTruth/test

The folders contain NAME.jpg and NAME.mat, as distributed by BSDS500. A photograph is compared with each of
its human segmentations; a figure is the mean over those, then over photographs. Times are for one core, with
the photographs in memory, the best of two passes.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.io import loadmat

from shls_core.files.pictures.decode import decode_image
from shls_core.metrics.superpixels import (
    achievable_segmentation_accuracy,
    boundary_recall,
    undersegmentation_error,
)
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

# With these depths the watershed gives, on average, about as many superpixels as SLIC is configured for.
CONFIGS = (
    SuperpixelConfig(segmenter="fast-slic", num_superpixels=300),
    SuperpixelConfig(segmenter="skimage-slic", num_superpixels=300),
    SuperpixelConfig(segmenter="watershed", sigma=2, basin_depth=1.1),
    SuperpixelConfig(segmenter="fast-slic", num_superpixels=1000),
    SuperpixelConfig(segmenter="skimage-slic", num_superpixels=1000),
    SuperpixelConfig(segmenter="watershed", sigma=2, basin_depth=0.5),
    SuperpixelConfig(segmenter="watershed", sigma=2, basin_depth=0.5, basin_compactness=0.1),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--limit", type=int, help="number of photographs")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    pairs = [
        (decode_image((chosen.images / f"{path.stem}.jpg").read_bytes(), None), human_segmentations(path))
        for path in sorted(chosen.truth.glob("*.mat"))[: chosen.limit]
    ]
    table = Table(
        "segmenter", title=f"{len(pairs)} photographs, {sum(len(truth) for _, truth in pairs)} segmentations"
    )
    for column in ("R", "least..most", "BR", "UE", "ASA", "ms"):
        table.add_column(column, justify="right")
    for config in track(CONFIGS, console=Console(stderr=True)):
        table.add_row(description(config), *row(config, pairs))
    Console(width=110).print(table)


def human_segmentations(path: Path) -> list[np.ndarray]:
    """Return the segmentations of a ground-truth file, labels from 0."""
    return [cell["Segmentation"][0, 0].astype(np.int64) - 1 for cell in loadmat(path)["groundTruth"][0]]


def row(config: SuperpixelConfig, pairs: Sequence[tuple[np.ndarray, list[np.ndarray]]]) -> list[str]:
    """Return the figures of one segmenter."""
    passes = []
    for _ in range(2):
        started = time.process_time()
        maps = [superpixel_map(image, config) for image, _ in pairs]
        passes.append((time.process_time() - started) / len(pairs))
    counts = [int(labels.max()) + 1 for labels in maps]
    metrics = (boundary_recall, undersegmentation_error, achievable_segmentation_accuracy)
    figures = [
        np.mean([[metric(labels, truth) for metric in metrics] for truth in truths], axis=0)
        for labels, (_, truths) in zip(maps, pairs, strict=True)
    ]
    return [
        f"{np.mean(counts):.0f}",
        f"{min(counts)}..{max(counts)}",
        *(f"{figure:.3f}" for figure in np.mean(figures, axis=0)),
        f"{1000 * min(passes):.1f}",
    ]


def description(config: SuperpixelConfig) -> str:
    """Return the segmenter and its settings that are not defaults."""
    set_here = config.model_dump(exclude_defaults=True)
    set_here.pop("segmenter", None)
    return " ".join([config.segmenter, *(f"{name}={value:g}" for name, value in set_here.items())])


if __name__ == "__main__":
    main()
