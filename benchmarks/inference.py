"""The time of each part of processing a frame, compared with loops over superpixels and with a floor.

    python benchmarks/inference.py --threads 2
    python benchmarks/inference.py --device cuda --search torch

480x854, about 4,000 superpixels, 1 and 5 objects; the memory as after the first frame, and filled to its
limit. The parts are the project's own code, run one after the other; a figure is the median over frames. The
loops do the same with a mask per superpixel, as the paper describes it. The floor is the least possible work.
For pooling: a copy of the feature map. For the search: the products of all queries and references, never
written to main memory. For painting: one write of the result.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import skimage.data
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor

from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.propagation.superpixel_memory.attention import attention_channels
from shls_core.propagation.superpixel_memory.bank import MemoryBank
from shls_core.propagation.superpixel_memory.coarse_mask import paint
from shls_core.propagation.superpixel_memory.config import MemoryConfig
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.superpixels.superpixel_map import superpixel_map

HEIGHT, WIDTH = 480, 854
SUPERPIXELS = SuperpixelConfig(num_superpixels=4000)
OWN_PARTS = ("superpixels", "pooling", "memory: predict", "memory: update", "attention maps", "coarse mask")
"""The parts that together may cost a quarter of the backbone."""
CACHED_REFERENCES = 128
"""Number of references whose products with all queries fit into the cache: two megabytes."""


class Stopwatch:
    """Seconds of every part, frame by frame."""

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, list[float]] = {}
        self._device = device

    def time(self, part: str, work: Callable[[], Tensor | object]) -> object:
        """Run a part of the work, record its time and return its result."""
        self._wait()
        started = time.perf_counter()
        result = work()
        self._wait()
        self.seconds.setdefault(part, []).append(time.perf_counter() - started)
        return result

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()

    def medians(self) -> dict[str, float]:
        """Return the median milliseconds of every part."""
        return {part: 1000 * statistics.median(each) for part, each in self.seconds.items()}


@torch.inference_mode()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--frames", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--search", choices=("faiss", "torch"), default="faiss")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    device = torch.device(chosen.device)
    network = new_network(ShlsNetwork, NetworkConfig(), seed=0).eval().to(device)
    for num_objects in (1, 5):
        for filled in (False, True):
            config = MemoryConfig(search=chosen.search)
            columns = measured(network, num_objects, filled, config, chosen.frames)
            state = "full memory" if filled else "first frame in memory"
            report(
                f"{num_objects} objects, {state}, {device}, {chosen.threads} threads, {chosen.search}",
                *columns,
            )


def measured(
    network: ShlsNetwork, num_objects: int, filled: bool, config: MemoryConfig, num_frames: int
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return the milliseconds of every part: of the project's code, of loops, of floors."""
    device = next(network.parameters()).device
    photograph = cv2.resize(skimage.data.astronaut(), (WIDTH, HEIGHT))
    split, labels = split_along_mask(superpixel_map(photograph, SUPERPIXELS), discs(num_objects))
    features = network.encode_image(torch.tensor(photograph, device=device)[None])
    first = network.superfeatures(features, torch.tensor(split, device=device)[None]).values
    bank = MemoryBank(first, torch.tensor(labels, device=device), config)
    if filled:
        fill(bank, first, torch.tensor(labels, device=device))
    product, loops, floors = Stopwatch(device), Stopwatch(device), Stopwatch(device)
    for number in range(num_frames):
        encoded = cv2.imencode(".jpg", np.roll(photograph, number, axis=1))[1]
        state = one_frame(network, bank, encoded, product)
        one_floor(bank, *state, floors)
    one_loop(bank, *state, loops)
    return product.medians(), loops.medians(), floors.medians()


def discs(num_objects: int) -> np.ndarray:
    """Return a mask with some objects of 120 px across."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label in range(1, num_objects + 1):
        cv2.circle(mask, (80 + 160 * (label - 1), 240), 60, label, -1)
    return mask


def fill(bank: MemoryBank, superfeatures: Tensor, labels: Tensor) -> None:
    """Fill the memory to its limit with noisy copies of the first frame."""
    generator = torch.Generator().manual_seed(0)
    winners = torch.searchsorted(bank.classes, labels)
    for _ in range(int(bank.config.memory_cap)):
        noise = torch.rand(superfeatures.shape, generator=generator).to(superfeatures.device)
        noisy = F.normalize(superfeatures + 0.1 * noise, dim=1)
        bank.update(noisy, winners, torch.ones_like(noisy[:, 0]))


def one_frame(
    network: ShlsNetwork, bank: MemoryBank, encoded: np.ndarray, watch: Stopwatch
) -> tuple[Tensor, Tensor, Tensor]:
    """Run the parts of one frame; return its fine map, superpixels and superfeatures."""
    device = next(network.parameters()).device
    frame = watch.time("decode", lambda: cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB))
    labels = watch.time("superpixels", lambda: superpixel_map(frame, SUPERPIXELS))
    superpixels = torch.tensor(labels.astype(np.int64), device=device)
    features = watch.time("backbone", lambda: network.encode_image(torch.tensor(frame, device=device)[None]))
    superfeatures = watch.time("pooling", lambda: network.superfeatures(features, superpixels[None]).values)
    similarities = watch.time("memory: predict", lambda: bank.predict(superfeatures))

    def attend() -> Tensor:
        channels = attention_channels(similarities, bank.object_columns)
        return paint(channels.transpose(0, 1).flatten(1), superpixels)

    watch.time("attention maps", attend)
    winners = bank.winners(similarities)
    watch.time("coarse mask", lambda: paint(bank.classes[winners].to(torch.uint8), superpixels).cpu())
    watch.time(
        "memory: update",
        lambda: bank.update(superfeatures, winners, bank.sureness(similarities, winners)),
    )
    return features.fine[0], superpixels, superfeatures


def one_floor(
    bank: MemoryBank, fine: Tensor, superpixels: Tensor, superfeatures: Tensor, watch: Stopwatch
) -> None:
    """Time the memory traffic and the products that any implementation needs."""
    target = torch.zeros_like(fine)
    watch.time("pooling", lambda: target.copy_(fine))
    references = superfeatures.repeat(len(bank.references) // len(superfeatures) + 1, 1)[
        : len(bank.references)
    ]
    products = torch.zeros(len(superfeatures), CACHED_REFERENCES, device=fine.device)

    def multiply() -> Tensor:
        for part in references.split(CACHED_REFERENCES):
            torch.mm(superfeatures, part.T, out=products[:, : len(part)])
        return products

    watch.time("memory: predict", multiply)
    maps = torch.zeros(*superpixels.shape, 4 * len(bank.object_columns), device=fine.device)
    watch.time("attention maps", lambda: maps.fill_(1.0))


def one_loop(
    bank: MemoryBank, fine: Tensor, superpixels: Tensor, superfeatures: Tensor, watch: Stopwatch
) -> None:
    """Time the same work done superpixel by superpixel."""
    masks = range(len(superfeatures))
    watch.time("pooling", lambda: torch.stack([fine[:, superpixels == j].mean(dim=1) for j in masks]))
    members = [
        torch.cat([bank.references.first(column), bank.references.later(column)])
        for column in range(len(bank.classes))
    ]
    watch.time(
        "memory: predict",
        lambda: [[(each @ query).topk(min(2, len(each))) for each in members] for query in superfeatures],
    )
    channels = attention_channels(bank.predict(superfeatures), bank.object_columns)
    maps = torch.zeros(len(channels), 4, *superpixels.shape, device=fine.device)

    def attend() -> None:
        for j in masks:
            here = superpixels == j
            for k, values in enumerate(channels[:, j]):
                maps[k, :, here] = values[:, None]

    watch.time("attention maps", attend)


def report(title: str, product: dict[str, float], loops: dict[str, float], floors: dict[str, float]) -> None:
    """Print one table."""
    table = Table("part", title=title)
    for name in ("ms", "of backbone", "loops, ms", "floor, ms"):
        table.add_column(name, justify="right")
    own = sum(product[part] for part in OWN_PARTS)
    for part, each in [*product.items(), ("all but decode and backbone", own)]:
        others = (f"{known[part]:.1f}" if part in known else "" for known in (loops, floors))
        table.add_row(part, f"{each:.1f}", f"{each / product['backbone']:.1%}", *others)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
