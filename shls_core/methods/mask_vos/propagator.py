"""The propagation of Mask-VOS: carried values and masks, decoded in rounds."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float16, UInt8
from torch import Tensor

from shls_core.errors import InputError
from shls_core.methods.dul.config import STRIDE
from shls_core.methods.mask_vos.enlarged import enlarged
from shls_core.methods.mask_vos.network import Encoded, MaskVosNetwork
from shls_core.methods.mask_vos.use_config import MaskVosUseConfig
from shls_core.methods.mask_vos.value_tracker import ObjectCells, ValueTracker
from shls_core.methods.soft_aggregation import class_log_odds
from shls_core.propagation.check_mask import check_mask
from shls_core.propagation.grid_mapping import GridMapping
from shls_core.propagation.interface import NOTHING_STORED, Stored
from shls_core.propagation.unit_cells import unit_vectors


@dataclass(frozen=True)
class PreparedFrame:
    """The data of a frame that depend on no other frame.

    Attributes
    ----------
    images : Float[Tensor, "1 3 H W"]
        The frame, normalised.
    encoded : Encoded
    features : Float16[Tensor, "h w S"]
        Unit keys in half the memory of float32.
    """

    images: Float[Tensor, "1 3 H W"]
    encoded: Encoded
    features: Float16[Tensor, "h w S"]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in px."""
        return self.images.shape[2], self.images.shape[3]


class MaskVosPropagator:
    """Segment videos, one after the other, frame by frame; a `MaskPropagator`.

    Parameters
    ----------
    network : MaskVosNetwork
        Put into evaluation mode.
    config : MaskVosUseConfig

    References
    ----------
    .. [1] L. Li, W. Wang, T. Zhou, J. Li, Y. Yang, "Unified Mask Embedding and Correspondence Learning for
       Self-Supervised Video Segmentation", CVPR 2023, https://arxiv.org/abs/2303.10100
    """

    def __init__(self, network: MaskVosNetwork, config: MaskVosUseConfig) -> None:
        self._network, self._config = network.eval(), config
        self._tracker: ValueTracker | None = None
        self._size = (0, 0)

    @torch.inference_mode()
    def prepare(self, frame: UInt8[np.ndarray, "H W 3"], stored: Stored = NOTHING_STORED) -> PreparedFrame:
        """Encode an RGB frame; it may run in another thread, one frame ahead."""
        device = next(self._network.parameters()).device
        images = self._network.normalised(torch.tensor(frame, device=device)[None])
        encoded = self._network.encode(images)
        keys = encoded.keys[0].T.reshape(-1, *encoded.grid)
        return PreparedFrame(images, encoded, unit_vectors(keys))

    @torch.inference_mode()
    def start(self, prepared: PreparedFrame, mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Start a video; the state of an earlier video is dropped.

        Parameters
        ----------
        prepared : PreparedFrame
            The first frame.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 background, 1..254 objects, at least one; labels may have gaps.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object, or holds 255 (void).
        """
        self._tracker = None
        check_mask(mask, (*prepared.size, 3))
        self._size = prepared.size
        tracker = ValueTracker(self._config)
        given = _given(mask, prepared.images.device)
        tracker.remember(prepared.features, self._cells(prepared, given), list(given))
        self._tracker = tracker

    @torch.inference_mode()
    def step(self, prepared: PreparedFrame) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame.

        Raises
        ------
        InputError
            If no video was started, or the size differs from the first frame's.
        """
        tracker = self._started(prepared)
        found = self._segmented(prepared, tracker)
        tracker.remember(prepared.features, self._cells(prepared, _objects(found, tracker.labels)))
        return _mask_of(found, tracker.labels)

    @torch.inference_mode()
    def introduce(
        self, prepared: PreparedFrame, mask: UInt8[np.ndarray, "mask_H mask_W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame, in which `mask` gives some objects, known ones or new.

        The frame is segmented as by `step`; the given mask is written over the result and remembered.

        Parameters
        ----------
        prepared : PreparedFrame
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 means not given, 1..254 are objects, at least one. In this frame, an
            object of the mask is there and nowhere else.

        Raises
        ------
        InputError
            As `start` for the mask, as `step` for the rest.
        """
        tracker = self._started(prepared)
        check_mask(mask, (*prepared.size, 3))
        known = tracker.labels
        found = self._segmented(prepared, tracker)
        given = _given(mask, prepared.images.device)
        is_free = torch.from_numpy(mask == 0).to(found.device)
        kept = {label: share * is_free for label, share in _objects(found, known).items()}
        tracker.remember(prepared.features, self._cells(prepared, {**kept, **given}), list(given))
        labels = _mask_of(found, known)
        labels[np.isin(labels, list(given))] = 0
        return np.where(mask > 0, mask, labels)

    def _segmented(self, prepared: PreparedFrame, tracker: ValueTracker) -> Float[Tensor, "classes H W"]:
        """Return the probability of background and objects at every pixel."""
        carried = list(tracker.carried(prepared.features).values())
        shares = torch.stack([one.share for one in carried])
        masks = enlarged(shares[:, None], prepared.size, STRIDE)[:, 0]
        rounds = self._config.refinement_rounds
        for _ in range(max(1, rounds)):
            log_odds = [
                self._decoded(prepared, one.values, mask if rounds else None)
                for one, mask in zip(carried, masks, strict=True)
            ]
            found = class_log_odds(torch.stack(log_odds)).softmax(dim=0)
            masks = found[1:]
        return found

    def _decoded(
        self, prepared: PreparedFrame, values: Float[Tensor, "C h w"], mask: Float[Tensor, "H W"] | None
    ) -> Float[Tensor, "H W"]:
        """Return the log-odds of one object; without a mask, the carried values take the place of its own."""
        read = values[None]
        of_mask = read if mask is None else self._values(prepared, mask)
        return self._network.log_odds(read, of_mask, prepared.encoded, prepared.size)[0]

    def _values(self, prepared: PreparedFrame, mask: Float[Tensor, "H W"]) -> Float[Tensor, "1 C h w"]:
        return self._network.values(prepared.images, mask[None], prepared.encoded)

    def _cells(
        self, prepared: PreparedFrame, objects: dict[int, Float[Tensor, "H W"]]
    ) -> dict[int, ObjectCells]:
        """Return what is remembered of objects: their shares and values on the grid."""
        mapping = GridMapping.of(prepared.size, STRIDE, "strided")
        return {
            label: ObjectCells(
                mapping.shares(share.cpu()[None])[0].to(share.device), self._values(prepared, share)[0]
            )
            for label, share in objects.items()
        }

    def _started(self, prepared: PreparedFrame) -> ValueTracker:
        if self._tracker is None:
            raise InputError("expected start() with a first frame and its mask before step()")
        if prepared.size != self._size:
            raise InputError(
                f"expected a frame of shape {(*self._size, 3)} as the first one, got {(*prepared.size, 3)}"
            )
        return self._tracker


def _given(mask: UInt8[np.ndarray, "H W"], device: torch.device) -> dict[int, Float[Tensor, "H W"]]:
    """Return the mask of every object, 0 or 1, by its label in ascending order."""
    return {
        int(label): torch.from_numpy((mask == label).astype(np.float32)).to(device)
        for label in np.unique(mask)
        if label
    }


def _objects(found: Float[Tensor, "classes H W"], labels: list[int]) -> dict[int, Float[Tensor, "H W"]]:
    return dict(zip(labels, found[1:], strict=True))


def _mask_of(found: Float[Tensor, "classes H W"], labels: list[int]) -> UInt8[np.ndarray, "H W"]:
    """Return the most probable label at every pixel; the first of equals, background before all."""
    # NumPy returns the first of equals, torch does not say which.
    mask: UInt8[np.ndarray, "H W"] = np.array([0, *labels], np.uint8)[found.cpu().numpy().argmax(axis=0)]
    return mask
