"""SHLS in training: the loss of a batch."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from shls_core.losses.mask_cross_entropy import mask_cross_entropy
from shls_core.losses.nt_xent import nt_xent
from shls_core.memory.config import MemoryConfig
from shls_core.memory.superpixel_objects import split_along_mask, superpixel_labels
from shls_core.network.shls_network import ShlsNetwork
from shls_core.propagation.encoded_frame import EncodedFrame, encode_frames
from shls_core.propagation.object_tracker import ObjectTracker
from shls_core.training.batch import TrainingBatch


class ShlsMethod:
    """The losses of SHLS for one network; a `TrainableMethod`.

    Parameters
    ----------
    network : ShlsNetwork
    temperature : float
        Temperature of NT-Xent.
    memory_config : MemoryConfig or None
        The memory through which refinement is trained; None: every default.
    """

    def __init__(
        self, network: ShlsNetwork, temperature: float, memory_config: MemoryConfig | None = None
    ) -> None:
        self.network = network
        self._temperature = temperature
        self._memory_config = memory_config or MemoryConfig()

    def loss(self, batch: TrainingBatch) -> dict[str, Float[Tensor, ""]]:
        """Return the terms of the loss.

        ``nt_xent`` is the mean over all B T frames; a frame of a single object contributes 0. With
        refinement, ``cross_entropy`` is that of the refined masks, the mean over frames 1..T-1 and sequences.
        """
        num_sequences, num_frames, *size = batch.masks.shape
        superpixel_maps = batch.superpixel_maps.astype(np.int64)
        if self.network.refinement is not None:  # the memory is fit on first frames as it is in use
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
        contrast = [
            nt_xent(frame.superfeatures, of_frame, self._temperature)
            for frame, of_frame in zip(encoded, labels, strict=True)
        ]
        terms = {"nt_xent": torch.stack(contrast).mean()}
        if self.network.refinement is not None:
            starts = range(0, num_sequences * num_frames, num_frames)
            surprise = [
                self._cross_entropy(encoded[start : start + num_frames], masks, labels[start])
                for start, masks in zip(starts, batch.masks, strict=True)
            ]
            terms["cross_entropy"] = torch.stack(surprise).mean()
        return terms

    def _cross_entropy(
        self,
        frames: Sequence[EncodedFrame],
        masks: UInt8[np.ndarray, "T H W"],
        first_labels: Int64[Tensor, " R"],
    ) -> Float[Tensor, ""]:
        """Carry the first mask of a sequence through its frames, as in use, and compare.

        The memory learns from the predictions, and each frame's last prediction is the network's own.
        """
        first = frames[0]
        if not first_labels.any() or len(frames) < 2:
            return first.superfeatures.sum() * 0.0  # nothing to follow
        known = torch.tensor(masks.astype(np.int64), device=first_labels.device)
        margin = self.network.config.refinement.training_margin
        tracker = ObjectTracker(self.network, self._memory_config, margin, first, known[0], first_labels)
        surprise = []
        for frame, mask in zip(frames[1:], known[1:], strict=True):
            refined = tracker.step(frame, guide=mask).refined
            assert refined is not None
            surprise.append(mask_cross_entropy(refined.log_odds, refined.labels, mask))
        return torch.stack(surprise).mean()
