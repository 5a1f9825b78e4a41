"""SHLS in training: the loss of a batch."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from torch import Tensor

from shls_core.methods.shls.config import Contrast, ShlsConfig
from shls_core.methods.shls.encoded_frame import encoded
from shls_core.methods.shls.features.matches import matches
from shls_core.methods.shls.features.superfeatures import FeatureMaps
from shls_core.methods.shls.losses.exact_warp import at_points, exact_warp
from shls_core.methods.shls.losses.mask_cross_entropy import mask_cross_entropy
from shls_core.methods.shls.losses.nt_xent import nt_xent
from shls_core.methods.shls.losses.soft_neighbours import soft_neighbours
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.refiner import Refiner
from shls_core.methods.shls.refinement.roi import STRIDE
from shls_core.propagation.superpixel_memory.encoded_frame import EncodedFrame
from shls_core.propagation.superpixel_memory.object_tracker import ObjectTracker
from shls_core.propagation.superpixel_memory.superpixel_objects import split_along_mask, superpixel_labels
from shls_core.seeding import generator
from shls_core.training.batch import TrainingBatch
from shls_core.training.method import TrainableMethod

_Labels: TypeAlias = Int64[Tensor, " _"]
_Sequence: TypeAlias = tuple[Sequence[EncodedFrame], Sequence[_Labels]]


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

        Every contrast is returned under its name, times its weight: ``nt_xent`` is the mean over all B T
        frames, ``soft_neighbours`` the mean over B sequences, both 0 where there is a single object;
        ``exact_warp`` is the mean over points of all sequences. Once refinement is trained, ``cross_entropy``
        is that of the refined masks, the mean over frames 1..T-1 and sequences.
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
        features = self.network.encode_image(torch.tensor(batch.frames.reshape(-1, *size, 3), device=device))
        frames = encoded(
            self.network, features, torch.tensor(superpixel_maps.reshape(-1, *size), device=device)
        )
        labels = [
            torch.tensor(superpixel_labels(superpixels, mask, len(frame.superfeatures)), device=device)
            for superpixels, mask, frame in zip(
                superpixel_maps.reshape(-1, *size), batch.masks.reshape(-1, *size), frames, strict=True
            )
        ]
        sequences = [
            slice(start, start + num_frames) for start in range(0, num_sequences * num_frames, num_frames)
        ]
        terms: dict[str, Tensor] = {
            name: weight * self._contrast(name, [(frames[one], labels[one]) for one in sequences])
            for name, weight in self._config.contrast.items()
            if name != "exact_warp"
        }
        if "exact_warp" in self._config.contrast:
            terms["exact_warp"] = self._config.contrast["exact_warp"] * self._exact_warp(features, batch)
        if refines:
            surprise = [
                self._cross_entropy(frames[one], masks, labels[one.start])
                for one, masks in zip(sequences, batch.masks, strict=True)
            ]
            terms["cross_entropy"] = torch.stack(surprise).mean()
        return terms

    def _contrast(self, name: Contrast, sequences: Sequence[_Sequence]) -> Float[Tensor, ""]:
        """Return a loss that separates the superpixels of every sequence by object."""
        of_sequence = self._nt_xent if name == "nt_xent" else self._soft_neighbours
        return torch.stack([of_sequence(*one) for one in sequences]).mean()

    def _nt_xent(self, frames: Sequence[EncodedFrame], labels: Sequence[_Labels]) -> Float[Tensor, ""]:
        of_frames = [
            nt_xent(frame.superfeatures, objects, self._config.temperature)
            for frame, objects in zip(frames, labels, strict=True)
        ]
        return torch.stack(of_frames).mean()

    def _soft_neighbours(
        self, frames: Sequence[EncodedFrame], labels: Sequence[_Labels]
    ) -> Float[Tensor, ""]:
        numbers = [torch.full_like(objects, number) for number, objects in enumerate(labels)]
        superfeatures = torch.cat([frame.superfeatures for frame in frames])
        return soft_neighbours(
            superfeatures, torch.cat(list(labels)), torch.cat(numbers), self._config.temperature
        )

    def _exact_warp(self, features: FeatureMaps, batch: TrainingBatch) -> Float[Tensor, ""]:
        """Return the loss of points that look for themselves in every later frame of their sequence."""
        assert batch.masks is not None
        assert batch.warps is not None
        assert self.network.correspondence is not None
        vectors = self.network.correspondence(features.coarse)
        num_sequences, num_frames = batch.masks.shape[:2]
        # The seed of torch in a step depends on the run and the step alone.
        rng = generator(torch.initial_seed(), "exact_warp")
        found: list[tuple[Tensor, ...]] = []
        for sequence, (first, second) in product(range(num_sequences), combinations(range(num_frames), 2)):
            points = _points(rng, self._config.points_per_frame, batch.masks.shape[2:])
            pair = matches(batch.masks[sequence], batch.warps[sequence], first, second, points)
            here, there = (torch.tensor(side, device=vectors.device, dtype=torch.float32) for side in pair)
            start = sequence * num_frames
            found.append(
                (
                    at_points(vectors[start + first], here, STRIDE),
                    at_points(vectors[start + second], there, STRIDE),
                    here,
                    there,
                    torch.full((len(here),), sequence, device=vectors.device),
                    torch.full((len(here),), len(found), device=vectors.device),
                )
            )
        here, there, places_here, places_there, sequences, pairs = (
            torch.cat(part) for part in zip(*found, strict=True)
        )
        return exact_warp(
            here,
            there,
            places_here,
            places_there,
            sequences,
            pairs,
            self._config.temperature,
            self._config.min_distance_px,
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


def _points(rng: np.random.Generator, count: int, size: Sequence[int]) -> Float64[np.ndarray, "P 2"]:
    """Draw points (x, y) of a frame, uniformly."""
    height, width = size
    points: Float64[np.ndarray, "P 2"] = rng.random((count, 2)) * (width - 1, height - 1)
    return points
