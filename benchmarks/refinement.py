"""The time to refine the objects of a frame, compared with its floor: multiply-adds at the backbone's rate.

    python benchmarks/refinement.py --threads 2
    python benchmarks/refinement.py --device cuda

480x854, about 4,000 superpixels, objects of 120 px across, in regions of interest. The whole refinement is
timed: cropping regions, resizing, gate, decoder, soft aggregation. Rounds of backbone and refinement
alternate; a figure is the best of all rounds. The last column is the work per object on a whole frame.
"""

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import skimage.data
import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.refinement.decoder import FeatureDecoder
from shls_core.methods.shls.refinement.frame_view import frame_views
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.propagation.superpixel_memory.superpixel_index import SuperpixelIndex
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

HEIGHT, WIDTH = 480, 854
SUPERPIXELS = SuperpixelConfig(num_superpixels=4000)
GIGA = 1e9


@torch.no_grad()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--widths", type=float, nargs="+", default=[1.0, 0.5])
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    table = Table("part", title=f"{HEIGHT}x{WIDTH}, {chosen.device}, {chosen.threads} threads")
    for name in ("GMAC", "ms", "GMAC/s", "floor, ms", "times floor", "whole frame, GMAC"):
        table.add_column(name, justify="right")
    for width in chosen.widths:
        config = NetworkConfig(refinement=RefinementConfig(mode="roi", decoder_width=width))
        network = new_network(ShlsNetwork, config, seed=0).eval().to(chosen.device)
        for num_objects in chosen.objects:
            for row in measured(network, num_objects, chosen.rounds):
                table.add_row(*row)
    Console(width=110).print(table)


def measured(network: ShlsNetwork, num_objects: int, num_rounds: int) -> list[list[str]]:
    """Return the rows of backbone and refinement."""
    device = next(network.parameters()).device
    photograph = cv2.resize(skimage.data.astronaut(), (WIDTH, HEIGHT))
    frame = torch.tensor(photograph, device=device)[None]
    superpixels = torch.tensor(superpixel_map(photograph, SUPERPIXELS).astype(np.int64), device=device)
    mask = torch.tensor(discs(num_objects).astype(np.int64), device=device)
    [view] = frame_views(network.encode_image(frame), SuperpixelIndex.of(superpixels[None]))
    attention = torch.rand(num_objects, len(view.positions), 4, device=device)
    refinement = network.refinement
    assert refinement is not None
    refiner = Refiner(refinement, refinement.config.margin)
    refiner.introduce(view, mask, range(1, num_objects + 1), attention)
    works: list[Callable[[], object]] = [
        lambda: network.encode_image(frame),
        lambda: refiner.refine(view, attention, mask),
    ]
    macs = [multiply_adds(work) for work in works]
    seconds: list[list[float]] = [[], []]
    for _ in range(num_rounds):
        for work, found in zip(works, seconds, strict=True):
            found.append(timed(work, device))
    backbone, refined = (min(found) for found in seconds)
    floor = macs[1] / (macs[0] / backbone)
    width = refinement.config.decoder_width
    return [
        ["backbone", *figures(macs[0], backbone), "", "", ""],
        [
            f"{num_objects} objects, width {width:g}",
            *figures(macs[1], refined),
            f"{1000 * floor:.0f}",
            f"{refined / floor:.2f}",
            f"{whole_frame(refinement.decoder, width) / GIGA:.0f}",
        ],
    ]


def discs(num_objects: int) -> np.ndarray:
    """Return a mask with some objects of 120 px across."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label in range(1, num_objects + 1):
        cv2.circle(mask, (80 + 160 * (label - 1), 240), 60, label, -1)
    return mask


def multiply_adds(work: Callable[[], object]) -> float:
    """Return the multiply-adds of convolutions and products."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 2


def whole_frame(decoder: FeatureDecoder, width: float) -> float:
    """Return the multiply-adds of decoding one object on a whole frame; nothing is computed for it."""
    coarse, fine = decoder.at_quarter[0].in_channels, decoder.at_full.fine.in_channels
    with torch.device("meta"):
        same = FeatureDecoder(coarse, fine, width)
        height, across = -(-HEIGHT // 4), -(-WIDTH // 4)
        maps = torch.empty(1, coarse, height, across), torch.empty(1, fine, 4 * height, 4 * across)
    return multiply_adds(lambda: same(*maps))


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of some work."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def figures(macs: float, seconds: float) -> list[str]:
    """Return work, time and rate."""
    return [f"{macs / GIGA:.0f}", f"{1000 * seconds:.0f}", f"{macs / GIGA / seconds:.0f}"]


if __name__ == "__main__":
    main()
