"""Momentum memory as a method that learns from clips."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.momentum_memory.bottleneck import channel_of, jittered, without_channel
from shls_core.methods.momentum_memory.config import MomentumMemoryConfig
from shls_core.methods.momentum_memory.draws import Draws, draw
from shls_core.methods.momentum_memory.lab import lab_of
from shls_core.methods.momentum_memory.losses import at_cells, reconstruction_loss
from shls_core.methods.momentum_memory.network import MomentumNetwork
from shls_core.methods.momentum_memory.window_attention import window_attention
from shls_core.seeding import generator
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.clip_draw import cut_frame
from shls_core.training.method import TrainableMethod


class MomentumMemoryMethod(TrainableMethod):
    """Learns features by which the colours of a frame are found in other frames.

    One of the two colours of a clip is dropped from all its frames. Every cell of a frame is compared with
    the cells around its place in reference frames, and takes the mean of their colours. In the pair stage
    there is one reference, and one encoder for both. In the memory stage there are several, and an encoder
    that follows the trained one slowly.

    Parameters
    ----------
    network : MomentumNetwork
        Its trained encoder is trained in place.
    config : MomentumMemoryConfig
    """

    def __init__(self, network: MomentumNetwork, config: MomentumMemoryConfig) -> None:
        self.network: MomentumNetwork = network
        self._config = config
        self.phases = config.phases

    def loss(self, batch: TrainingBatch, step: int) -> Mapping[str, Float[Tensor, ""]]:
        """Return the term ``reconstruction``."""
        config, draws = self._config, self._draws(batch)
        chosen = [one.memory if self._has_memory(step) else one.pair for one in draws]
        lab = self._lab(batch, draws, chosen)
        channels = self._on_device([one.channel for one in draws])
        truth = channel_of(lab, channels)
        gains, shifts = self._on_device([(one.gains, one.shifts) for one in draws]).unbind(1)
        changed = jittered(lab, gains, shifts)
        queries, references = self._encoded(without_channel(changed, channels), step)
        if config.similarity == "cosine":
            queries, references = (F.normalize(one.float(), dim=-1) for one in (queries, references))
            queries = queries / config.temperature
        values = at_cells(truth[:, 1:])[..., None]
        found = window_attention(queries, references, values, config.window)[..., 0]
        is_full = config.reconstruct_at == "full"
        return {"reconstruction": reconstruction_loss(found, truth[:, 0], config.loss_scale, is_full)}

    def after_step(self, step: int) -> None:
        """Let the encoder of references follow; in the pair stage it is the same as the trained one."""
        if self._has_memory(step):
            self.network.follow(self._config.momentum)
        else:
            self.network.copy_to_reference()

    def _has_memory(self, step: int) -> bool:
        return self._config.memory_from is not None and step >= self._config.memory_from

    def _draws(self, batch: TrainingBatch) -> list[Draws]:
        """Draw the choices of a step for every clip."""
        num_clips, num_frames, height, width, _ = batch.frames.shape
        needed = self._config.views.num_frames
        if num_frames < needed:
            raise InputError(
                f"expected clips of at least {needed} frames (method.views.num_frames), got {num_frames}"
            )
        # The seed of torch in a step depends on the run and the step alone.
        rng = generator(torch.initial_seed(), "momentum_memory")
        return [draw(rng, self._config, num_frames, height, width) for _ in range(num_clips)]

    def _lab(
        self, batch: TrainingBatch, draws: Sequence[Draws], chosen: Sequence[Sequence[int]]
    ) -> Float[Tensor, "B F 3 S S"]:
        """Return the frames of a step: of every clip the one to reconstruct, then its references."""
        clips = [
            [
                _square(clip, one, number, self._config.views.crop, isinstance(batch, ClipBatch))
                for number in numbers
            ]
            for clip, one, numbers in zip(batch.frames, draws, chosen, strict=True)
        ]
        frames = torch.from_numpy(np.array(clips)).to(self._device)
        lab = lab_of(frames.flatten(0, 1))
        return lab.reshape(*frames.shape[:2], *lab.shape[1:])

    def _encoded(
        self, images: Float[Tensor, "B F 3 S S"], step: int
    ) -> tuple[Float[Tensor, "B h w C"], Float[Tensor, "B K h w C"]]:
        """Return the features of the frames to reconstruct, and of their references."""
        if not self._has_memory(step):
            both = _cells(self.network.query(images.flatten(0, 1)))
            both = both.reshape(*images.shape[:2], *both.shape[1:])
            return both[:, 0], both[:, 1:]
        with torch.no_grad():
            references = _cells(self.network.reference(images[:, 1:].flatten(0, 1)))
        references = references.reshape(len(images), -1, *references.shape[1:])
        return _cells(self.network.query(images[:, 0])), references

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _on_device(self, values: Sequence[Any]) -> Tensor:
        return torch.tensor(values, device=self._device)


def _cells(features: Float[Tensor, "frames C h w"]) -> Float[Tensor, "frames h w C"]:
    return features.permute(0, 2, 3, 1)


def _square(
    clip: UInt8[np.ndarray, "T H W 3"], draws: Draws, number: int, crop: int, is_cut: bool
) -> UInt8[np.ndarray, "S S 3"]:
    """Return one frame of the part of a clip that is drawn, cut out."""
    return clip[number] if is_cut else cut_frame(clip[draws.part.numbers[number]], draws.part, crop)
