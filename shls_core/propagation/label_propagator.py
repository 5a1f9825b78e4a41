"""Label propagation in use: segments the objects of a video by dense features of its frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float, UInt8, UInt16
from torch import Tensor

from shls_core.errors import InputError
from shls_core.propagation.check_mask import check_mask
from shls_core.propagation.dense_features import DenseFeatures
from shls_core.propagation.grid_mapping import GridMapping
from shls_core.propagation.label_config import LabelPropagationConfig
from shls_core.propagation.label_tracker import LabelTracker
from shls_core.propagation.soft_labels import given_shares, mask_of
from shls_core.propagation.unit_cells import cell_vectors

_NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})


@dataclass(frozen=True)
class PreparedCells:
    """The data of a frame that depend on no other frame.

    Attributes
    ----------
    shape : tuple of int
        Of the frame: height, width, 3.
    features : Float[Tensor, "h w C"]
        Compared with those of earlier frames by inner products. Unit vectors are float16, half the memory of
        float32: cosines are exact to .001.
    as_reference : Float[Tensor, "h w C"]
        Compared with those of later frames.
    superpixel_map : UInt16[numpy.ndarray, "H W"] or None
        None if masks do not snap to superpixels.
    """

    shape: tuple[int, ...]
    features: Float[Tensor, "h w C"]
    as_reference: Float[Tensor, "h w C"]
    superpixel_map: UInt16[np.ndarray, "H W"] | None


class LabelPropagator:
    """Segment videos, one after the other, frame by frame; a `MaskPropagator`.

    Every cell of a frame takes the labels of the most similar cells of earlier frames, weighted by how
    similar they are. Memory use does not grow with the length of a video, unless all frames are references.

    Parameters
    ----------
    features : DenseFeatures
        They store no state of a video.
    config : LabelPropagationConfig
    divide : callable or None
        Divides an RGB frame into superpixels 0..R-1, for frames that come without them; called only if masks
        snap to superpixels.
    reference_features : DenseFeatures or None
        Of frames that later ones are compared with, on the same grid; None: `features`.

    References
    ----------
    Araslanov et al., "Dense Unsupervised Learning for Video Segmentation", 2021,
    https://arxiv.org/abs/2111.06265.
    """

    def __init__(
        self,
        features: DenseFeatures,
        config: LabelPropagationConfig,
        divide: Callable[[UInt8[np.ndarray, "H W 3"]], UInt16[np.ndarray, "H W"]] | None = None,
        reference_features: DenseFeatures | None = None,
    ) -> None:
        self._features, self._config, self._divide = features, config, divide
        self._reference_features = reference_features
        self._tracker: LabelTracker | None = None
        self._shape: tuple[int, ...] = ()

    @torch.inference_mode()
    def prepare(
        self, frame: UInt8[np.ndarray, "H W 3"], stored: Mapping[str, np.ndarray] = _NOTHING
    ) -> PreparedCells:
        """Compute the features of a frame; it may run in another thread, one frame ahead.

        Parameters
        ----------
        frame : UInt8[numpy.ndarray, "H W 3"]
            RGB.
        stored
            Columns of a dataset for this frame: "superpixel_maps", uint16 of the frame's size, is used if
            masks snap to superpixels.

        Raises
        ------
        InputError
            If masks are to snap to superpixels, and there are neither stored ones nor `divide`, or the stored
            ones have another size; or if the two kinds of features do not fit.
        """
        superpixels = self._superpixels(frame, stored) if self._config.snap == "superpixels" else None
        vectors = self._vectors(self._features, frame)
        reference = vectors
        if self._reference_features is not None:
            reference = self._vectors(self._reference_features, frame)
            if reference.shape != vectors.shape:
                raise InputError(
                    "expected features and reference_features of the same cells and channels, got "
                    "{}x{}x{} and {}x{}x{}".format(*vectors.shape, *reference.shape)
                )
        return PreparedCells(frame.shape, vectors, reference, superpixels)

    @torch.inference_mode()
    def start(self, prepared: PreparedCells, mask: UInt8[np.ndarray, "mask_H mask_W"]) -> None:
        """Start a video; the state of an earlier video is dropped.

        Parameters
        ----------
        prepared : PreparedCells
            The first frame.
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 background, 1..254 objects, at least one; labels may have gaps.

        Raises
        ------
        InputError
            If the mask has another size than the frame, has no object, holds 255 (void), or has an object
            that no cell has a share of.
        """
        self._tracker = None
        check_mask(mask, prepared.shape)
        self._shape = prepared.shape
        given = given_shares(mask, self._mapping(), self._config)
        self._tracker = LabelTracker(self._config, prepared.as_reference, given)

    @torch.inference_mode()
    def step(self, prepared: PreparedCells) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame.

        Raises
        ------
        InputError
            If no video was started, or the shape differs from the first frame's.
        """
        tracker = self._started(prepared)
        labels = tracker.labels
        soft = tracker.step(prepared.features, prepared.as_reference).cpu()
        return mask_of(soft, labels, self._mapping(), prepared.superpixel_map)

    @torch.inference_mode()
    def introduce(
        self, prepared: PreparedCells, mask: UInt8[np.ndarray, "mask_H mask_W"]
    ) -> UInt8[np.ndarray, "H W"]:
        """Return the labels of the next frame, in which `mask` gives some objects, known ones or new.

        The frame is segmented as by `step`; the given mask is written over the result and remembered. From
        then on, new objects are found by their similarity to this frame, known ones by their similarity to
        this frame, too.

        Parameters
        ----------
        prepared : PreparedCells
        mask : UInt8[numpy.ndarray, "mask_H mask_W"]
            Of the size of the frame; 0 means not given, 1..254 are objects, at least one. In this frame, an
            object of the mask is there and nowhere else.

        Raises
        ------
        InputError
            As `start` for the mask, as `step` for the rest.
        """
        tracker = self._started(prepared)
        check_mask(mask, prepared.shape)
        given, labels = given_shares(mask, self._mapping(), self._config), tracker.labels
        soft = tracker.introduce(prepared.features, given, prepared.as_reference).cpu()
        found = mask_of(soft, labels, self._mapping(), prepared.superpixel_map)
        found[np.isin(found, list(given))] = 0
        return np.where(mask > 0, mask, found)

    def _vectors(
        self, features: DenseFeatures, frame: UInt8[np.ndarray, "H W 3"]
    ) -> Float[torch.Tensor, "h w C"]:
        encoded = features.encode(frame)
        grid = tuple(-(-side // features.stride) for side in frame.shape[:2])
        assert encoded.shape[1:] == grid, f"expected features of {grid} cells, got {tuple(encoded.shape[1:])}"
        return cell_vectors(encoded, self._config.similarity)

    def _superpixels(
        self, frame: UInt8[np.ndarray, "H W 3"], stored: Mapping[str, np.ndarray]
    ) -> UInt16[np.ndarray, "H W"]:
        found = stored.get("superpixel_maps")
        if found is None:
            if self._divide is None:
                raise InputError(
                    "expected superpixels of every frame to snap to, got none and no way to find them"
                )
            return self._divide(frame)
        if found.shape != frame.shape[:2]:
            raise InputError(f"expected a superpixel map of shape {frame.shape[:2]}, got {found.shape}")
        return found

    def _started(self, prepared: PreparedCells) -> LabelTracker:
        if self._tracker is None:
            raise InputError("expected start() with a first frame and its mask before step()")
        if prepared.shape != self._shape:
            raise InputError(
                f"expected a frame of shape {self._shape} as the first one, got {prepared.shape}"
            )
        return self._tracker

    def _mapping(self) -> GridMapping:
        return GridMapping.of((self._shape[0], self._shape[1]), self._features.stride, self._config.grid)
