"""Learns a network for one video."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.losses import frame_losses, known_logits
from shls_core.adaptation.material import LearningFrame, resized_frame
from shls_core.adaptation.unet import UNet
from shls_core.adaptation.views import draw_view
from shls_core.seeding import generator

OnStep = Callable[[int, int], None]
"""Called after each step with the number of steps done, and of all."""


class VideoNetwork:
    """A network that knows the objects of one video."""

    def __init__(self, network: UNet, size: int, device: torch.device) -> None:
        self._network, self._size, self._device = network.eval(), size, device

    @torch.no_grad()
    def shares(
        self, pixels: UInt8[np.ndarray, "H W 3"], num_classes: int
    ) -> Float32[np.ndarray, "classes S S"]:
        """Return the share of every class in every pixel of a frame that is resized to a square.

        Parameters
        ----------
        pixels : UInt8[np.ndarray, "H W 3"]
            The frame, RGB.
        num_classes : int
            Classes that are known in the frame: background, and the objects given up to it.
        """
        batch = _inputs([resized_frame(pixels, self._size)], self._device)
        known = torch.tensor([num_classes], device=self._device)
        shares = torch.softmax(known_logits(self._network(batch), known), dim=1)[0, :num_classes]
        return shares.cpu().numpy()


def frame_weights(frames: Sequence[LearningFrame], early_weight: float, given_weight: float) -> list[float]:
    """Return the weights of frames in the order of time, 1 on average.

    They fall from 1 to 1 - `early_weight`; that of a frame whose mask was given is `given_weight`.
    """
    last = max(1, frames[-1].number)
    weights = [given_weight if frame.is_given else 1 - early_weight * frame.number / last for frame in frames]
    mean = sum(weights) / len(weights)
    return [weight / mean for weight in weights]


def learn_video(
    frames: Sequence[LearningFrame],
    config: AdaptationConfig,
    device: torch.device,
    on_step: OnStep | None = None,
) -> VideoNetwork:
    """Learn a network from random weights; the same frames give the same network.

    Parameters
    ----------
    frames : Sequence[LearningFrame]
        In the order of time, at least one.
    config : AdaptationConfig
    device : torch.device
    on_step : callable or None
    """
    # Channels last: a third less time on a CPU.
    network = _new_network(frames[-1].num_classes, config)
    network = network.to(device, memory_format=torch.channels_last).train()
    weights = frame_weights(frames, config.early_weight, config.given_weight)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    for step in range(config.steps):
        rng = generator(config.seed, "adaptation", "step", str(step))
        chosen = rng.choice(len(frames), config.batch, replace=len(frames) < config.batch)
        views = [draw_view(rng) for _ in chosen]
        pairs = [(frames[index], view) for index, view in zip(chosen, views, strict=True)]
        classes = np.stack([view.classes(frame.classes) for frame, view in pairs])
        losses = frame_losses(
            network(_inputs([view.pixels(frame.pixels) for frame, view in pairs], device)),
            torch.from_numpy(classes.astype(np.int64)).to(device),
            torch.tensor([frame.num_classes for frame, _ in pairs], device=device),
            config.dice,
        )
        weighted = losses * torch.tensor([weights[index] for index in chosen], device=device)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * config.decay ** (step // config.decay_every)
        optimiser.zero_grad(set_to_none=True)
        weighted.mean().backward()
        optimiser.step()
        if on_step:
            on_step(step + 1, config.steps)
    return VideoNetwork(network, config.size, device)


def _new_network(num_classes: int, config: AdaptationConfig) -> UNet:
    with torch.random.fork_rng([]):
        torch.manual_seed(int(generator(config.seed, "adaptation", "weights").integers(2**63)))
        return UNet(num_classes, config.width)


def _inputs(frames: Sequence[UInt8[np.ndarray, "S S 3"]], device: torch.device) -> Float32[Tensor, "B 3 S S"]:
    batch = torch.from_numpy(np.stack(frames)).to(device)
    return batch.permute(0, 3, 1, 2).float() / 127.5 - 1.0  # channels last, as it came
