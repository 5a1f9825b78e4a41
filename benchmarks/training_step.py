"""The time of each part of a training step, compared with a loop over superpixels and with its floor.

    python benchmarks/training_step.py --threads 2
    python benchmarks/training_step.py --config configs/stills.yaml --precision fp32

A batch of pseudo-sequences with the size, length and number of the configuration, made from a photograph of
scikit-image, with one object each. The parts are the project's own code; a figure is the median over steps.
The floor of forward and backward is three times the multiply-adds of the forward pass, at the rate that the
backbone alone reaches forward and backward in the same run; of the optimiser, seven copies of all weights.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from flows.configuration import PipelineConfig, load_config
from shls_core.methods.registry import method_named
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.losses.soft_neighbours import soft_neighbours
from shls_core.superpixels.superpixel_map import superpixel_map
from shls_core.training.batch import TrainingBatch
from shls_core.training.reproducible import reproducible
from shls_core.training.state import TrainingState
from shls_core.training.step import take_step
from tasks.training.precision import with_precision

GIGA = 1e9


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("configs/stills.yaml"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument(
        "--precision", choices=("fp32", "bf16", "auto"), help="by default that of the configuration"
    )
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args()
    config = load_config(str(chosen.config))
    changes = {
        "num_threads": chosen.threads,
        "precision": chosen.precision or config.training.precision,
    }
    # Train everything from the first step on.
    method = config.method.model_copy(update={"refinement_from": 0})
    training = with_precision(config.training.model_copy(update=changes), config.execution)
    config = config.model_copy(update={"method": method, "training": training})
    with reproducible(chosen.threads):
        table = measured(config, chosen.steps, torch.device(chosen.device))
    table.title = (
        f"{chosen.config.stem}, {config.training.precision}, {chosen.device}, {chosen.threads} threads"
    )
    Console(width=110).print(table)


def measured(config: PipelineConfig, num_steps: int, device: torch.device) -> Table:
    """Return the parts of a step as a table."""
    chosen, training = config.method, config.training
    assert isinstance(chosen, ShlsConfig), f"expected method shls, got {chosen.name}"
    shls = method_named(chosen.name)
    network = shls.new_network(chosen, 0).to(device)
    method, batch = shls.trainable(network, chosen), pseudo_sequences(config)
    state = TrainingState.begin(network, training)
    low_precision = torch.autocast(device.type, torch.bfloat16, enabled=training.precision == "bf16")
    frames = torch.tensor(batch.frames.reshape(-1, *batch.frames.shape[2:]), device=device)
    seconds: dict[str, list[float]] = {}

    def timed(part: str, work: Callable[[], Tensor]) -> Tensor:
        wait(device)
        started = time.perf_counter()
        result = work()
        wait(device)
        seconds.setdefault(part, []).append(time.perf_counter() - started)
        return result

    def encoded() -> Tensor:
        with low_precision:
            features = network.encode_image(frames)
        return features.fine.float().sum() + features.coarse.float().sum()

    def loss() -> Tensor:
        with low_precision:
            return torch.stack(list(method.loss(batch, step=0).values())).sum()

    def updated() -> Tensor:
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), training.gradient_clip)
        state.optimiser.step()
        state.average.update(network)
        return norm

    take_step(state, method, batch, training)
    backbone_macs, macs = multiply_adds(encoded), multiply_adds(loss)
    weights = torch.cat([weight.detach().flatten() for weight in network.parameters()])
    compared = random_superpixels(config, device)
    for _ in range(num_steps):
        state.optimiser.zero_grad()
        timed("backbone forward", encoded)
        timed("backbone forward and backward", lambda: backward(encoded()))
        state.optimiser.zero_grad()
        forward = timed("forward: all", loss)
        timed("backward: all", lambda found=forward: backward(found))
        timed("optimiser, clipping, average", updated)
        timed("copies", lambda: torch.stack([weights.clone() for _ in range(7)]))
        timed("soft neighbours", lambda: soft_neighbours(*compared, chosen.temperature))
        timed("soft neighbours, a loop", lambda: looped(*compared, chosen.temperature))
        timed("a whole step", lambda: torch.tensor(take_step(state, method, batch, training).loss))
    median = {part: statistics.median(found) for part, found in seconds.items()}
    rate = 3 * backbone_macs / median["backbone forward and backward"]
    floors = {
        "backbone forward": backbone_macs / rate,
        "forward: all": macs / rate,
        "backward: all": 2 * macs / rate,
        "optimiser, clipping, average": median["copies"],
        "soft neighbours": None,
        "a whole step": 3 * macs / rate,
    }
    table = Table("part", "ms", "floor, ms", "times floor", "a loop, ms")
    for part, floor in floors.items():
        beside = ("", "") if floor is None else (f"{1e3 * floor:.1f}", f"{median[part] / floor:.2f}")
        loop = f"{1e3 * median['soft neighbours, a loop']:.0f}" if part == "soft neighbours" else ""
        table.add_row(part, f"{1e3 * median[part]:.1f}", *beside, loop)
    table.caption = f"{macs / GIGA:.1f} GMAC forward, of which backbone {backbone_macs / GIGA:.1f}"
    return table


def pseudo_sequences(config: PipelineConfig) -> TrainingBatch:
    """Return a batch in which a photograph moves, and a disc (the object) with it."""
    side, count = config.synthesis.frame_size, config.synthesis.num_frames
    photograph = cv2.resize(skimage.data.astronaut(), (side + 8 * count, side + 8 * count))
    disc = cv2.circle(np.zeros(photograph.shape[:2], np.uint8), (side // 2, side // 2), side // 4, 1, -1)
    windows = [np.s_[8 * t : 8 * t + side, 8 * t : 8 * t + side] for t in range(count)]
    maps = [superpixel_map(photograph[window], config.superpixels) for window in windows]
    arrays = [[photograph[window] for window in windows], maps, [disc[window] for window in windows]]
    return TrainingBatch(*(np.stack([np.stack(array)] * config.training.batch_size) for array in arrays))


def random_superpixels(config: PipelineConfig, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return superfeatures of a sequence, their objects and their frames."""
    total = config.superpixels.num_superpixels * config.synthesis.num_frames
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(total, config.method.network.superfeature_size, generator=generator).to(device)
    numbers = torch.arange(total, device=device) % config.synthesis.num_frames
    return (
        torch.nn.functional.normalize(values, dim=1),
        (numbers + torch.arange(total, device=device)) % 2,
        numbers,
    )


def looped(superfeatures: Tensor, labels: Tensor, frames: Tensor, temperature: float) -> Tensor:
    """Return `soft_neighbours` by a loop over superpixels."""
    terms = []
    for vector, label, frame in zip(superfeatures, labels, frames, strict=True):
        elsewhere = frames != frame
        own = elsewhere & (labels == label)
        similarity = superfeatures @ vector / temperature
        terms.append(similarity[elsewhere].logsumexp(0) - similarity[own].logsumexp(0))
    return torch.stack(terms).mean()


def backward(loss: Tensor) -> Tensor:
    """Compute all gradients."""
    torch.autograd.backward(loss)
    return loss


def multiply_adds(work: Callable[[], object]) -> float:
    """Count the multiply-adds of a forward pass."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 2


def wait(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
