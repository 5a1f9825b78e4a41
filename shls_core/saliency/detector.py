"""The detectors of saliency maps, and how a configuration names one."""

from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, cast, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError
from shls_core.saliency.config import SaliencyConfig
from shls_core.saliency.network_detector import NetworkDetector
from shls_core.saliency.onnx_network import load_onnx
from shls_core.saliency.rbd import rbd_saliency
from shls_core.saliency.torchscript_network import load_torchscript

DetectorKind = Literal["rbd", "torchscript", "onnx", "maps"]

_LOADERS = {"torchscript": load_torchscript, "onnx": load_onnx}


@runtime_checkable
class Detector(Protocol):
    """Computes the saliency map of a photograph."""

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], /) -> UInt8[np.ndarray, "H W"]:
        """Return how salient each pixel of an RGB image is: 0..1 as 0..255."""
        ...


@dataclass(frozen=True)
class DetectorSource:
    """Which detector a configuration names, and the file or folder it comes from (rbd: none)."""

    kind: DetectorKind
    path: str | None

    @classmethod
    def of(cls, config: SaliencyConfig) -> "DetectorSource":
        """Parse ``saliency.detector``.

        Examples
        --------
        >>> DetectorSource.of(SaliencyConfig(detector="onnx:u2net.onnx"))
        DetectorSource(kind='onnx', path='u2net.onnx')
        """
        kind, _, path = config.detector.partition(":")
        return cls(cast(DetectorKind, kind), path or None)

    @property
    def is_network(self) -> bool:
        """Whether it is a network in the user's own file."""
        return self.kind in _LOADERS


def load_detector(config: SaliencyConfig, model: bytes | None = None) -> Detector:
    """Return the detector that a configuration names.

    Parameters
    ----------
    config : SaliencyConfig
        Names the detector and sets its constants.
    model : bytes or None
        The content of its file; None for ``rbd``.

    Raises
    ------
    InputError
        If the content is not a model of that kind; or for ``maps``, which exist already: see `map_folder`.
    MissingComponent
        If the package that runs the model is not installed.
    """
    source = DetectorSource.of(config)
    if source.kind == "rbd":
        return partial(rbd_saliency, config=config)
    if not source.is_network or model is None:
        raise InputError(f"expected rbd or the content of a model, got {config.detector}")
    name = config.detector
    return NetworkDetector(_LOADERS[source.kind](model, name), config.network, name)
