"""Learns a network for one video."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from shls_core.adaptation.config import AdaptationConfig
from shls_core.adaptation.losses import frame_losses, known_logits
from shls_core.adaptation.material import LearningFrame, resized_frame
from shls_core.adaptation.unet import UNet
from shls_core.adaptation.views import draw_view
from shls_core.seeding import generator

_SETTLING_FRAMES, _SETTLING_BATCH = 64, 8
"""Most frames that the statistics of batch norms are measured on, and of them at once."""

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


class VideoLearner:
    """Learns a network for one video from random weights; the same frames give the same network.

    Parameters
    ----------
    frames : Sequence[LearningFrame]
        In the order of time, at least one.
    config : AdaptationConfig
    device : torch.device
    """

    def __init__(
        self, frames: Sequence[LearningFrame], config: AdaptationConfig, device: torch.device
    ) -> None:
        self._frames, self._config, self._device = frames, config, device
        self._weights = frame_weights(frames, config.early_weight, config.given_weight)
        # Channels last: a third less time on a CPU.
        network = _new_network(frames[-1].num_classes, config)
        self._network = network.to(device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        self.num_steps = 0
        """Steps taken so far."""

    def step(self) -> None:
        """Take the next optimiser step."""
        config, device = self._config, self._device
        rng = generator(config.seed, "adaptation", "step", str(self.num_steps))
        chosen = rng.choice(len(self._frames), config.batch, replace=len(self._frames) < config.batch)
        pairs = [(self._frames[index], draw_view(rng)) for index in chosen]
        classes = np.stack([view.classes(frame.classes) for frame, view in pairs])
        self._network.train()
        losses = frame_losses(
            self._network(_inputs([view.pixels(frame.pixels) for frame, view in pairs], device)),
            torch.from_numpy(classes.astype(np.int64)).to(device),
            torch.tensor([frame.num_classes for frame, _ in pairs], device=device),
            config.dice,
        )
        weighted = losses * torch.tensor([self._weights[index] for index in chosen], device=device)
        for group in self._optimiser.param_groups:
            group["lr"] = config.learning_rate * config.decay ** (self.num_steps // config.decay_every)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(weighted.mean())
        self._optimiser.step()
        self.num_steps += 1

    def network(self) -> VideoNetwork:
        """Return the network as it is now; its batch norms have the statistics of the video."""
        self._settle()
        return VideoNetwork(self._network, self._config.size, self._device)

    @torch.no_grad()
    def _settle(self) -> None:
        """Measure the statistics of batch norms with the weights as they are.

        The running ones are of weights that changed fast: after a hundred steps they can lose an object.
        """
        for module in self._network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # the mean of all batches
        self._network.train()
        frames = self._frames[:: -(-len(self._frames) // _SETTLING_FRAMES)]
        batches = -(-len(frames) // _SETTLING_BATCH)
        for number in range(batches):  # frames of the whole video in each
            pixels = [frame.pixels for frame in frames[number::batches]]
            self._network(_inputs(pixels if len(pixels) > 1 else pixels * 2, self._device))


def learn_video(
    frames: Sequence[LearningFrame],
    config: AdaptationConfig,
    device: torch.device,
    on_step: OnStep | None = None,
) -> VideoNetwork:
    """Learn a network for one video, from frames in the order of time."""
    learner = VideoLearner(frames, config, device)
    for step in range(config.steps):
        learner.step()
        if on_step:
            on_step(step + 1, config.steps)
    return learner.network()


def _new_network(num_classes: int, config: AdaptationConfig) -> UNet:
    with torch.random.fork_rng([]):
        torch.manual_seed(int(generator(config.seed, "adaptation", "weights").integers(2**63)))
        return UNet(num_classes, config.width)


def _inputs(frames: Sequence[UInt8[np.ndarray, "S S 3"]], device: torch.device) -> Float32[Tensor, "B 3 S S"]:
    batch = torch.from_numpy(np.stack(frames)).to(device)
    return batch.permute(0, 3, 1, 2).float() / 127.5 - 1.0  # channels last, as it came
