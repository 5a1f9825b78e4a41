"""Superpixel means of a feature map, compared with a copy of that map and with other implementations.

    python benchmarks/pooling.py --threads 2
    python benchmarks/pooling.py --device cuda

A map of 64 channels at 480x854 and about 4,000 superpixels. The copy goes to memory that is already
allocated. A gradient is as large as the map and has to be allocated, so there is also a comparison with a
copy that is allocated. Repeats are interleaved; a figure is the median, a ratio that of medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import skimage.data
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

HEIGHT, WIDTH, CHANNELS = 480, 854, 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    device = torch.device(chosen.device)

    ways = ways_to_pool(labels().to(device))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in track(range(chosen.repeats), console=Console(stderr=True)):
        for name, way in ways.items():
            seconds[name].append(timed(way, device))
    copying = statistics.median(seconds["copy of the map"])
    copying_anew = statistics.median(seconds["copy of the map, allocated"])
    table = Table(
        "what", "ms", "least", "x copy", "x copy, allocated", title=f"{device}, {chosen.threads} threads"
    )
    for name, each in seconds.items():
        median = statistics.median(each)
        table.add_row(
            name,
            *(f"{1000 * value:.1f}" for value in (median, min(each))),
            *(f"{median / value:.2f}" for value in (copying, copying_anew)),
        )
    Console(width=110).print(table)


def labels() -> Tensor:
    """Return about 4,000 superpixels of a photograph."""
    photograph = cv2.resize(skimage.data.astronaut(), (WIDTH, HEIGHT))
    return torch.from_numpy(
        superpixel_map(photograph, SuperpixelConfig(num_superpixels=4000)).astype("int64")
    )[None]


def ways_to_pool(superpixels: Tensor) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    features = torch.rand(1, CHANNELS, HEIGHT, WIDTH, device=superpixels.device)
    features = features.contiguous(memory_format=torch.channels_last)
    rows = features.permute(0, 2, 3, 1).reshape(-1, CHANNELS)
    target = torch.empty_like(features)
    index = SuperpixelIndex.of(superpixels)
    gradient = torch.rand(index.total, CHANNELS, device=superpixels.device)
    learning = features.clone().requires_grad_()
    pooled = index.means(learning)
    flat = index.labels.flatten()

    def backward() -> None:
        torch.autograd.grad(pooled, learning, gradient, retain_graph=True)

    def sort() -> None:
        _ = SuperpixelIndex.of(superpixels).pixels

    return {
        "copy of the map": lambda: target.copy_(features),
        "copy of the map, allocated": lambda: features.clone(),
        "means, forward": lambda: index.means(features),
        "means, backward": backward,
        "sorting the pixels, once for all maps of a frame": sort,
        "index_add over pixels": lambda: rows.new_zeros(index.total, CHANNELS).index_add_(0, flat, rows),
    }


def timed(way: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of one call."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    way()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
