"""DUL as a method that learns from clips."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.dul.config import DulKeys
from shls_core.methods.dul.draws import Draws, draw
from shls_core.methods.dul.losses import cross_view, space_time
from shls_core.methods.dul.network import DulNetwork
from shls_core.methods.dul.views import at_cells, main_cells, main_view, regularising_view
from shls_core.seeding import generator
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.method import TrainableMethod


class DulMethod(TrainableMethod):
    """Learns which cells of the frames of a clip show the same.

    Every cell of a frame is classified by anchors of a reference frame of its clip. A second view of the same
    frames, mirrored and enlarged, gives the labels. So the network has to recognise what it sees in spite of
    its place.

    Parameters
    ----------
    network : DulNetwork
        Trained in place.
    config : DulKeys
    """

    def __init__(self, network: DulNetwork, config: DulKeys) -> None:
        self.network: DulNetwork = network
        self._config = config

    def loss(self, batch: TrainingBatch, step: int) -> Mapping[str, Float[Tensor, ""]]:
        """Return the terms ``space_time`` and ``cross_view``, the latter with its weight."""
        config = self._config
        draws = self._draws(batch)
        device = next(self.network.parameters()).device
        main = self._main_views(batch.frames, draws).to(device)
        with torch.no_grad():
            views = torch.stack(
                [regularising_view(clip, one.view) for clip, one in zip(main, draws, strict=True)]
            )
        of_main, of_reference = self._with_gradient(main, views[:, :1])
        of_others = self._without_gradient(views[:, 1:])

        alignment = _cells(
            [main_cells(one.view, config.views.crop, config.alignment) for one in draws], device
        )
        aligned = at_cells(of_main, alignment)
        anchors = at_cells(of_main[:, :1], _cells([one.anchors for one in draws], device))[:, 0]
        compared = _cells([one.cross_view for one in draws], device)
        return {
            "space_time": space_time(aligned[:, 1:], of_others, anchors, config.temperature),
            "cross_view": config.cross_view_weight
            * cross_view(
                at_cells(aligned[:, :1], compared)[:, 0],
                at_cells(of_reference, compared)[:, 0],
                config.temperature,
            ),
        }

    def _draws(self, batch: TrainingBatch) -> list[Draws]:
        """Draw the choices of a step for every clip."""
        num_clips, num_frames, height, width, _ = batch.frames.shape
        views = self._config.views
        if num_frames < views.num_frames or min(height, width) < views.crop:
            raise InputError(
                f"expected clips of at least {views.num_frames} frames of {views.crop}x{views.crop} px "
                f"(method.views), got {num_frames} of {width}x{height}"
            )
        # The seed of torch in a step depends on the run and the step alone.
        rng = generator(torch.initial_seed(), "dul")
        is_cut = isinstance(batch, ClipBatch)
        return [draw(rng, self._config, num_frames, height, width, is_cut) for _ in range(num_clips)]

    def _main_views(
        self, frames: UInt8[np.ndarray, "B T_all H W 3"], draws: Sequence[Draws]
    ) -> Float[Tensor, "B T 3 S S"]:
        crop = self._config.views.crop
        cut = np.stack([main_view(clip, one.main, crop) for clip, one in zip(frames, draws, strict=True)])
        device = next(self.network.parameters()).device
        flat = torch.from_numpy(cut.reshape(-1, crop, crop, 3)).to(device)
        images: Tensor = self.network.normalised(flat)
        return images.reshape(len(draws), -1, 3, crop, crop)

    def _with_gradient(
        self, main: Float[Tensor, "B T 3 S S"], references: Float[Tensor, "B 1 3 S S"]
    ) -> tuple[Float[Tensor, "B T P K"], Float[Tensor, "B 1 P K"]]:
        """Return the embeddings of the main view, and of the reference frames of the regularising view."""
        together = torch.cat([main, references], dim=1)
        flat = self.network.embeddings(together.flatten(0, 1))
        vectors = flat.reshape(*together.shape[:2], *flat.shape[1:])
        return vectors[:, :-1], vectors[:, -1:]

    @torch.no_grad()
    def _without_gradient(self, frames: Float[Tensor, "B F 3 S S"]) -> Float[Tensor, "B F P K"]:
        """Return the embeddings of the other frames of the regularising view."""
        batch, times = frames.shape[:2]
        if not times:
            return frames.new_zeros(batch, 0, self._config.cells**2, self.network.config.embedding_size)
        if self._config.regularising_norm == "running":
            self.network.eval()
        try:
            flat = self.network.embeddings(frames.flatten(0, 1))
        finally:
            self.network.train()
        return flat.reshape(batch, times, *flat.shape[1:])


def _cells(numbers: Sequence[Any], device: torch.device) -> Tensor:
    return torch.tensor(np.asarray(numbers, np.int64), device=device)
