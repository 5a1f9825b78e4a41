"""SHLS in use: superfeatures of each frame, read against the memory of the video."""

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8, UInt16
from torch import Tensor

from shls_core.errors import InputError
from shls_core.memory.bank import MemoryBank
from shls_core.memory.coarse_mask import paint
from shls_core.memory.config import MemoryConfig
from shls_core.memory.outlier_filter import filter_outliers
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
        self._last_mask: UInt8[np.ndarray, "H W"] = np.zeros((0, 0), np.uint8)

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
        _check_mask(mask, frame)
        split, labels = split_along_mask(superpixel_map, mask)
        superpixels = self._on_device(split)
        superfeatures = self._superfeatures(frame, superpixels)
        self._memory = MemoryBank(superfeatures, self._on_device(labels), self._memory_config)
        self._shape = frame.shape
        self._last_mask = mask

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
        memory = self._started(frame)
        superpixels = self._on_device(superpixel_map.astype(np.int64))
        superfeatures = self._superfeatures(frame, superpixels)
        similarities = memory.predict(superfeatures)
        winners = memory.winners(similarities)
        coarse = paint(memory.classes[winners].to(torch.uint8), superpixels).cpu().numpy()
        if self._memory_config.outlier_filter:
            coarse = filter_outliers(coarse, self._last_mask)
        # Refinement (SHLS, section 3.4) belongs here: from this coarse mask to the one returned, and
        # from its log-odds to the superpixels that are remembered.
        memory.update(superfeatures, winners, memory.sureness(similarities, winners))
        self._last_mask = coarse
        return self._last_mask

    @torch.inference_mode()
    def introduce(
        self,
        frame: UInt8[np.ndarray, "H W 3"],
        superpixel_map: UInt16[np.ndarray, "H W"],
        mask: UInt8[np.ndarray, "mask_H mask_W"],
    ) -> UInt8[np.ndarray, "H W"]:
        """Segment the next frame, some objects of which are given.

        The frame is segmented as by `step`, its superpixels split along the borders of what is given, which
        is then written over the result and remembered like the first frame.

        Parameters
        ----------
        frame, superpixel_map
            As for `step`.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 says nothing, 1..254 are objects, at least one, known or new. An
            object that it names is where it says and nowhere else in this frame.

        Returns
        -------
        UInt8[numpy.ndarray, "H W"]
            Labels of all masks so far.

        Raises
        ------
        InputError
            As `start` for the mask, as `step` for the rest.
        """
        memory = self._started(frame)
        _check_mask(mask, frame)
        split, labels = split_along_mask(superpixel_map, mask)
        superpixels, given = self._on_device(split), self._on_device(labels)
        superfeatures = self._superfeatures(frame, superpixels)
        similarities = memory.predict(superfeatures)
        winners = memory.winners(similarities)
        found = memory.classes[winners]
        is_given, is_named = given > 0, torch.isin(found, given[given > 0])
        # What was given is no background, nor any other object that it looked like.
        learnt, sureness = ~is_given & ~is_named, memory.sureness(similarities, winners)
        memory.update(superfeatures[learnt], winners[learnt], sureness[learnt])
        memory.introduce(superfeatures[is_given], given[is_given])
        found = torch.where(is_given, given, found.masked_fill(is_named, 0))
        self._last_mask = paint(found.to(torch.uint8), superpixels).cpu().numpy()
        return self._last_mask

    def _started(self, frame: UInt8[np.ndarray, "H W 3"]) -> MemoryBank:
        if self._memory is None:
            raise InputError("expected start() with a first frame and its mask before step()")
        if frame.shape != self._shape:
            raise InputError(f"expected a frame of shape {self._shape} as the first one, got {frame.shape}")
        return self._memory

    def _superfeatures(
        self, frame: UInt8[np.ndarray, "H W 3"], superpixels: Int64[Tensor, "H W"]
    ) -> Float[Tensor, "R S"]:
        features = self._network.encode_image(self._on_device(frame)[None])
        return self._network.superfeatures(features, superpixels[None]).values

    def _on_device(self, values: np.ndarray) -> Tensor:
        return torch.tensor(values, device=next(self._network.parameters()).device)


def _check_mask(mask: UInt8[np.ndarray, "mask_H mask_W"], frame: UInt8[np.ndarray, "H W 3"]) -> None:
    if mask.shape != frame.shape[:2]:
        raise InputError(f"expected a mask of shape {frame.shape[:2]}, got {mask.shape}")
    if not mask.any():
        raise InputError("expected a mask with at least one object, got background only")
    if mask.max() == 255:
        raise InputError("expected object labels 1..254 in a mask, got 255 (void)")
