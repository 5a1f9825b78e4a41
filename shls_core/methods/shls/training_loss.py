"""SHLS in training: the loss of a batch."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.encoded_frame import encode_frames
from shls_core.methods.shls.losses.mask_cross_entropy import mask_cross_entropy
from shls_core.methods.shls.losses.nt_xent import nt_xent
from shls_core.methods.shls.losses.soft_neighbours import soft_neighbours
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask, superpixel_labels
from shls_core.training.batch import TrainingBatch
from shls_core.training.method import TrainableMethod


class ShlsMethod(TrainableMethod):
    """The losses of SHLS for one network.

    Parameters
    ----------
    network : ShlsNetwork
        Its own shape is used, not the one in `config`.
    config : ShlsConfig or None
        Contrast, phases, and the memory through which refinement is trained; None: every default.
    """

    network: ShlsNetwork

    def __init__(self, network: ShlsNetwork, config: ShlsConfig | None = None) -> None:
        self.network = network
        self._config = config or ShlsConfig()
        self.phases = self._config.phases

    def loss(self, batch: TrainingBatch, step: int) -> dict[str, Float[Tensor, ""]]:
        """Return the terms of the loss of a step, steps counted from 0.

        The contrast of superfeatures is returned under its name: ``nt_xent`` is the mean over all B T frames,
        ``soft_neighbours`` the mean over B sequences; it is 0 where there is a single object. Once refinement
        is trained, ``cross_entropy`` is that of the refined masks, the mean over frames 1..T-1 and sequences.
        """
        assert batch.masks is not None
        assert batch.superpixel_maps is not None
        refines = self.network.refinement is not None and step >= self._config.refinement_from
        num_sequences, num_frames, *size = batch.masks.shape
        superpixel_maps = batch.superpixel_maps.astype(np.int64)
        if refines:  # as in use, the memory is fitted on first frames with split superpixels
            for maps, masks in zip(superpixel_maps, batch.masks, strict=True):
                maps[0], _ = split_along_mask(maps[0], masks[0])
        device = next(self.network.parameters()).device
        encoded = encode_frames(
            self.network,
            torch.tensor(batch.frames.reshape(-1, *size, 3), device=device),
            torch.tensor(superpixel_maps.reshape(-1, *size), device=device),
        )
        labels = [
            torch.tensor(superpixel_labels(superpixels, mask, len(frame.superfeatures)), device=device)
            for superpixels, mask, frame in zip(
                superpixel_maps.reshape(-1, *size), batch.masks.reshape(-1, *size), encoded, strict=True
            )
        ]
        sequences = [
            slice(start, start + num_frames) for start in range(0, num_sequences * num_frames, num_frames)
        ]
        contrast = [self._contrast(encoded[one], labels[one]) for one in sequences]
        terms: dict[str, Tensor] = {self._config.contrast: torch.stack(contrast).mean()}
        if refines:
            surprise = [
                self._cross_entropy(encoded[one], masks, labels[one.start])
                for one, masks in zip(sequences, batch.masks, strict=True)
            ]
            terms["cross_entropy"] = torch.stack(surprise).mean()
        return terms

    def _contrast(
        self, frames: Sequence[EncodedFrame], labels: Sequence[Int64[Tensor, " _"]]
    ) -> Float[Tensor, ""]:
        """Return the loss that separates the superpixels of a sequence by object."""
        superfeatures = [frame.superfeatures for frame in frames]
        if self._config.contrast == "nt_xent":
            of_frames = [
                nt_xent(values, objects, self._config.temperature)
                for values, objects in zip(superfeatures, labels, strict=True)
            ]
            return torch.stack(of_frames).mean()
        numbers = [torch.full_like(objects, number) for number, objects in enumerate(labels)]
        return soft_neighbours(
            torch.cat(superfeatures), torch.cat(list(labels)), torch.cat(numbers), self._config.temperature
        )

    def _cross_entropy(
        self,
        frames: Sequence[EncodedFrame],
        masks: UInt8[np.ndarray, "T H W"],
        first_labels: Int64[Tensor, " R"],
    ) -> Float[Tensor, ""]:
        """Carry the first mask of a sequence through its frames, as in use, and compare with the masks.

        The memory is updated with the predictions, and the last prediction of each frame is the network's
        own.
        """
        first = frames[0]
        if not first_labels.any() or len(frames) < 2:
            return first.superfeatures.sum() * 0.0  # no object, or no later frame
        known = torch.tensor(masks.astype(np.int64), device=first_labels.device)
        config = self.network.config.refinement
        assert self.network.refinement is not None
        refiner = Refiner(self.network.refinement, config.training_margin)
        tracker = ObjectTracker(self._config.memory, first, known[0], first_labels, refiner)
        surprise = []
        for frame, mask in zip(frames[1:], known[1:], strict=True):
            guide = mask if config.training_guide == "pseudo_mask" else None
            refined = tracker.step(frame, guide).refined
            assert refined is not None
            surprise.append(mask_cross_entropy(refined.log_odds, refined.labels, mask))
        return torch.stack(surprise).mean()
