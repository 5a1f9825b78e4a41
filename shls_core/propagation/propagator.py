"""SHLS in use: superfeatures of each frame, read against the memory of the video."""

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8, UInt16
from torch import Tensor

from shls_core.errors import InputError
from shls_core.memory.bank import MemoryBank
from shls_core.memory.coarse_mask import paint
from shls_core.memory.config import MemoryConfig
from shls_core.memory.superpixel_objects import split_along_mask
from shls_core.network.shls_network import ShlsNetwork


class Propagator:
    """Segment the frames of one video after the other; a `MaskPropagator`.

    Parameters
    ----------
    network : ShlsNetwork
        Put into evaluation mode; nothing of a video is stored in it.
    memory_config : MemoryConfig
    """

    def __init__(self, network: ShlsNetwork, memory_config: MemoryConfig) -> None:
        self._network = network.eval()
        self._memory_config = memory_config
        self._memory: MemoryBank | None = None
        self._shape: tuple[int, ...] = ()

    @torch.inference_mode()
    def start(
        self,
        frame: UInt8[np.ndarray, "H W 3"],
        superpixel_map: UInt16[np.ndarray, "H W"],
        mask: UInt8[np.ndarray, "mask_H mask_W"],
    ) -> None:
        """Begin a video: remember its first frame.

        Parameters
        ----------
        frame : UInt8[numpy.ndarray, "H W 3"]
            RGB.
        superpixel_map : UInt16[numpy.ndarray, "H W"]
            Labels 0..R-1, none missing.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 background, 1..K objects, at least one.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object or holds 255 (void).
        """
        if mask.shape != frame.shape[:2]:
            raise InputError(f"expected a first mask of shape {frame.shape[:2]}, got {mask.shape}")
        if not mask.any():
            raise InputError("expected a first mask with at least one object, got background only")
        if mask.max() == 255:
            raise InputError("expected object labels 1..254 in the first mask, got 255 (void)")
        split, labels = split_along_mask(superpixel_map, mask)
        superpixels = self._on_device(split)
        superfeatures = self._superfeatures(frame, superpixels)
        self._memory = MemoryBank(superfeatures, self._on_device(labels), self._memory_config)
        self._shape = frame.shape

    @torch.inference_mode()
    def step(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixel_map: UInt16[np.ndarray, "H W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Segment the next frame and let the memory learn from it.

        Returns
        -------
        UInt8[numpy.ndarray, "H W"]
            Labels of the first mask.

        Raises
        ------
        InputError
            If no video was started, or the shape differs from the first frame's.
        """
        if self._memory is None:
            raise InputError("expected start() with a first frame and its mask before step()")
        if frame.shape != self._shape:
            raise InputError(f"expected a frame of shape {self._shape} as the first one, got {frame.shape}")
        superpixels = self._on_device(superpixel_map.astype(np.int64))
        superfeatures = self._superfeatures(frame, superpixels)
        similarities = self._memory.predict(superfeatures)
        winners = self._memory.winners(similarities)
        coarse = paint(self._memory.classes[winners].to(torch.uint8), superpixels)
        # Refinement (SHLS, section 3.4) belongs here: from this coarse mask to the one returned, and
        # from its log-odds to the superpixels that are remembered.
        self._memory.update(superfeatures, winners, self._memory.sureness(similarities, winners))
        mask: UInt8[np.ndarray, "H W"] = coarse.cpu().numpy()
        return mask

    def _superfeatures(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixels: Int64[Tensor, "H W"]
    ) -> Float[Tensor, "R S"]:
        features = self._network.encode_image(self._on_device(frame)[None])
        return self._network.superfeatures(features, superpixels[None]).values

    def _on_device(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, device=next(self._network.parameters()).device)
