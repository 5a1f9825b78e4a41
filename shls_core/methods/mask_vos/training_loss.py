"""Mask-VOS as a method that learns from clips."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.dul.losses import cross_view, space_time
from shls_core.methods.dul.views import at_cells, main_cells, regularising_view
from shls_core.methods.mask_vos.config import NUM_FRAMES, MaskVosConfig
from shls_core.methods.mask_vos.correspondence import long_term, short_term
from shls_core.methods.mask_vos.draws import StepDraws, chosen_targets, draw_step
from shls_core.methods.mask_vos.network import Encoded, MaskVosNetwork
from shls_core.methods.mask_vos.segmentation import Step, segmentation
from shls_core.seeding import generator
from shls_core.training.batch import TrainingBatch
from shls_core.training.clip_batch import ClipBatch
from shls_core.training.method import TrainableMethod

_FIRST, _SECOND, _QUERY = range(NUM_FRAMES)


class MaskVosMethod(TrainableMethod):
    """Learns which cells of frames show the same, and to segment pseudo-objects with the help of that.

    Parameters
    ----------
    network : MaskVosNetwork
        Trained in place.
    config : MaskVosConfig
    """

    def __init__(self, network: MaskVosNetwork, config: MaskVosConfig) -> None:
        self.network: MaskVosNetwork = network
        self._config = config

    def loss(self, batch: TrainingBatch, step: int) -> Mapping[str, Float[Tensor, ""]]:
        """Return the terms of the loss, each with its weight.

        They are ``short_term`` and ``long_term``, or those of DUL, and ``segmentation`` if it has a weight.
        """
        config = self._config
        draws = self._draws(batch)
        images = self._images(_cut(batch.frames, draws, config.views.crop))
        if not config.train_encoder:
            self.network.backbone.eval()
        with torch.no_grad():
            views = torch.stack(
                [regularising_view(clip, one.views.view) for clip, one in zip(images, draws, strict=True)]
            )
        terms_of = self._short_long if config.correspondence == "short_long" else self._dul
        encoded, terms = terms_of(images, views, draws)
        if config.segments:
            assert batch.masks is not None  # `Method.columns` has them
            masks = _cut(batch.masks, draws, config.views.crop)
            targets = [
                chosen_targets(clip, one.labels, config.targets)
                for clip, one in zip(masks, draws, strict=True)
            ]
            times = [_QUERY] if config.supervised_frames == "last" else [_SECOND, _QUERY]
            found = segmentation(
                self.network, Step(images, encoded, masks, targets), times, config.temperature
            )
            terms["segmentation"] = config.segmentation_weight * found
        return terms

    def _short_long(
        self, images: Float[Tensor, "B T 3 S S"], views: Float[Tensor, "B T 3 S S"], draws: list[StepDraws]
    ) -> tuple[Encoded, dict[str, Float[Tensor, ""]]]:
        """Return the encoded frames, and the terms of neighbouring and of distant frames."""
        config = self._config
        encoded, of_first = self._with_gradient(images, views[:, _FIRST])
        of_query = self._without_gradient(views[:, _QUERY:])[:, 0]
        keys = encoded.keys.reshape(*images.shape[:2], *encoded.keys.shape[1:])
        aligned = at_cells(keys, self._alignment(draws))
        return encoded, {
            "short_term": config.short_weight * short_term(aligned[:, _SECOND], of_first, config.temperature),
            "long_term": config.long_weight
            * long_term(aligned[:, _QUERY], of_query, keys[:, _FIRST], config.temperature),
        }

    def _dul(
        self, images: Float[Tensor, "B T 3 S S"], views: Float[Tensor, "B T 3 S S"], draws: list[StepDraws]
    ) -> tuple[Encoded, dict[str, Float[Tensor, ""]]]:
        """Return the encoded frames, and the two terms of DUL; the first frame of a random order is its
        reference."""
        config = self._config
        orders = torch.tensor([one.views.main.order for one in draws], device=images.device)
        clips = torch.arange(len(draws), device=images.device)
        viewed = views[clips[:, None], orders]
        encoded, of_reference = self._with_gradient(images, viewed[:, 0])
        of_others = self._without_gradient(viewed[:, 1:])
        in_time = encoded.keys.reshape(*images.shape[:2], *encoded.keys.shape[1:])
        rows = (clips[:, None] * images.shape[1] + orders).flatten()
        keys = in_time.flatten(0, 1).index_select(0, rows).reshape(in_time.shape)
        aligned = at_cells(keys, self._alignment(draws))
        anchors = at_cells(keys[:, :1], self._cells([one.views.anchors for one in draws]))[:, 0]
        compared = self._cells([one.views.cross_view for one in draws])
        return encoded, {
            "space_time": config.space_time_weight
            * space_time(aligned[:, 1:], of_others, anchors, config.temperature),
            "cross_view": config.cross_view_weight
            * cross_view(
                at_cells(aligned[:, :1], compared)[:, 0],
                at_cells(of_reference[:, None], compared)[:, 0],
                config.temperature,
            ),
        }

    def _draws(self, batch: TrainingBatch) -> list[StepDraws]:
        """Draw the choices of a step for every clip."""
        num_clips, num_frames, height, width, _ = batch.frames.shape
        crop = self._config.views.crop
        if num_frames < NUM_FRAMES or min(height, width) < crop:
            raise InputError(
                f"expected clips of at least {NUM_FRAMES} frames of {crop}x{crop} px (method.views), got "
                f"{num_frames} of {width}x{height}"
            )
        # The seed of torch in a step depends on the run and the step alone.
        rng = generator(torch.initial_seed(), "mask_vos")
        is_cut = isinstance(batch, ClipBatch)
        return [draw_step(rng, self._config, num_frames, height, width, is_cut) for _ in range(num_clips)]

    def _images(self, frames: UInt8[np.ndarray, "B T S S 3"]) -> Float[Tensor, "B T 3 S S"]:
        flat = torch.from_numpy(frames.reshape(-1, *frames.shape[2:])).to(self._device)
        images: Tensor = self.network.normalised(flat)
        return images.reshape(*frames.shape[:2], *images.shape[1:])

    def _with_gradient(
        self, images: Float[Tensor, "B T 3 S S"], views: Float[Tensor, "B 3 S S"]
    ) -> tuple[Encoded, Float[Tensor, "B P K"]]:
        """Return the frames encoded, clip by clip, and the keys of one frame of the other view of each."""
        together = torch.cat([images.flatten(0, 1), views])
        encoded = self.network.encode(together, self._config.train_encoder)
        num_frames = len(together) - len(views)
        return encoded.of_frames(slice(num_frames)), encoded.keys[num_frames:]

    @torch.no_grad()
    def _without_gradient(self, views: Float[Tensor, "B F 3 S S"]) -> Float[Tensor, "B F P K"]:
        """Return the keys of other frames of the other view, which only choose labels."""
        network, is_batch = self.network, self._config.regularising_norm == "batch"
        modes = {module: module.training for module in network.modules()}
        network.train(is_batch)
        if not self._config.train_encoder:
            network.backbone.eval()
        try:
            keys = network.encode(views.flatten(0, 1)).keys
        finally:
            for module, mode in modes.items():
                module.training = mode
        return keys.reshape(*views.shape[:2], *keys.shape[1:])

    def _alignment(self, draws: Sequence[StepDraws]) -> Tensor:
        """Return, of every clip, the cell of the main view that each cell of the other view shows."""
        config = self._config
        return self._cells([main_cells(one.views.view, config.views.crop, config.alignment) for one in draws])

    def _cells(self, numbers: Sequence[object]) -> Tensor:
        return torch.tensor(np.asarray(numbers, np.int64), device=self._device)

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device


def _cut(
    clips: Shaped[np.ndarray, "B T_all H W *channels"], draws: Sequence[StepDraws], crop: int
) -> Shaped[np.ndarray, "B T S S *channels"]:
    """Return the frames of the step, or their masks: those chosen, in their order, cut, perhaps mirrored."""
    cut = []
    for clip, one in zip(clips, draws, strict=True):
        view = one.views.main
        square = clip[list(one.times), view.top : view.top + crop, view.left : view.left + crop]
        cut.append(square[:, :, ::-1] if view.flipped else square)
    return np.stack(cut)
