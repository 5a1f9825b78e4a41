"""Saliency by the user's own network: the convention for its input and output."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from jaxtyping import Float32, UInt8

from shls_core.errors import InputError
from shls_core.saliency.config import DetectorNetworkConfig

Network = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""A network, ready to run: takes the input (1, 3, h, w), returns its first output."""

# How far rounding in float32 may take a probability out of 0..1.
_SLACK = 1e-3


@dataclass(frozen=True)
class NetworkDetector:
    """Computes saliency maps with a network.

    The input is one photograph as float32, shape (1, 3, h, w): red, green, blue in 0..1, minus the mean and
    divided by the standard deviation of each channel. Its output, or the first of several (a list, a tuple or
    the values of a dict), is float, shape (1, 1, h', w'): probabilities 0..1 or logits. The map is then
    resized to the photograph.

    Attributes
    ----------
    network : callable
        Takes the input, returns the first output, on one thread.
    config : DetectorNetworkConfig
        Size and normalisation of the input, meaning of the output.
    name : str
        Its name in messages.
    """

    network: Network
    config: DetectorNetworkConfig
    name: str

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], /) -> UInt8[np.ndarray, "H W"]:
        """Compute the saliency map of an RGB image, 0..1 as 0..255.

        Raises
        ------
        InputError
            If the output has another shape, or values that are not saliency.
        """
        height, width = image.shape[:2]
        probabilities = self._probabilities(self.network(network_input(image, self.config)))
        full = cv2.resize(probabilities, (width, height), interpolation=cv2.INTER_LINEAR)
        saliency_map: UInt8[np.ndarray, "H W"] = np.rint(255 * full).astype(np.uint8)
        return saliency_map

    def _probabilities(self, output: npt.NDArray[np.float32]) -> Float32[np.ndarray, "h w"]:
        if output.ndim != 4 or output.shape[:2] != (1, 1) or output.size == 0:
            raise InputError(f"expected an output of shape (1, 1, h, w), got {output.shape} ({self.name})")
        values = output[0, 0].astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(f"expected finite saliency, got NaN or infinity ({self.name})")
        if self.config.output == "logits":
            values = (1 / (1 + np.exp(-np.clip(values, -50, 50)))).astype(np.float32)
        if self.config.stretch:
            least, most = values.min(), values.max()
            span = most - least if most > least else np.float32(1)
            values = (values - least) / span
        elif values.min() < -_SLACK or values.max() > 1 + _SLACK:
            raise InputError(
                f"expected probabilities 0..1, got {values.min():.4g}..{values.max():.4g}: set "
                f"saliency.network.output to logits, or stretch to true ({self.name})"
            )
        clipped: Float32[np.ndarray, "h w"] = np.clip(values, 0, 1)
        return clipped


def network_input(
    image: UInt8[np.ndarray, "H W 3"], config: DetectorNetworkConfig
) -> Float32[np.ndarray, "1 3 h w"]:
    """Return the input of a network for a photograph.

    Examples
    --------
    >>> config = DetectorNetworkConfig(input_side_px=32, square=False)
    >>> network_input(np.zeros((30, 60, 3), np.uint8), config).shape
    (1, 3, 16, 32)
    """
    height, width = image.shape[:2]
    side = config.input_side_px
    if side is not None:
        longest = max(height, width)
        shape = (side, side) if config.square else tuple(max(1, s * side // longest) for s in (height, width))
        shrinks = shape[0] * shape[1] < height * width
        image = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    scaled = (image.astype(np.float32) / 255 - np.array(config.mean, np.float32)) / np.array(
        config.std, np.float32
    )
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
