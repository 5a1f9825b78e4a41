"""SHLS in training: the loss of a batch."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from shls_core.losses.nt_xent import nt_xent
from shls_core.memory.superpixel_objects import superpixel_labels
from shls_core.network.shls_network import ShlsNetwork
from shls_core.training.batch import TrainingBatch


class ShlsMethod:
    """The losses of SHLS for one network; a `TrainableMethod`.

    Parameters
    ----------
    network : ShlsNetwork
    temperature : float
        Temperature of NT-Xent.
    """

    def __init__(self, network: ShlsNetwork, temperature: float) -> None:
        self.network = network
        self._temperature = temperature

    def loss(self, batch: TrainingBatch) -> dict[str, Float[Tensor, ""]]:
        """Return the terms of the loss.

        ``nt_xent`` is the mean over all B T frames; a frame of a single object contributes 0.
        """
        device = next(self.network.parameters()).device
        frames = batch.frames.reshape(-1, *batch.frames.shape[2:])
        superpixel_maps = batch.superpixel_maps.reshape(frames.shape[:-1]).astype(np.int64)
        masks = batch.masks.reshape(frames.shape[:-1])

        features = self.network.encode_image(torch.tensor(frames, device=device))
        superfeatures = self.network.superfeatures(features, torch.tensor(superpixel_maps, device=device))
        contrast = []
        for number, (superpixel_map, mask) in enumerate(zip(superpixel_maps, masks, strict=True)):
            of_frame = superfeatures.of_frame(number)
            labels = torch.tensor(superpixel_labels(superpixel_map, mask, len(of_frame)), device=device)
            contrast.append(nt_xent(of_frame, labels, self._temperature))
        # The cross-entropy of the refined masks (SHLS, section 3.4) joins here with weight 1.
        return {"nt_xent": torch.stack(contrast).mean()}
