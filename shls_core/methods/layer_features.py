"""Dense features from one output of a network, for every method whose network has named outputs."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from shls_core.errors import InputError

Output = Callable[[Tensor, str], Tensor]
"""Takes RGB frames of shape (1, H, W, 3), uint8, and the name of an output; returns it: (1, C, h, w)."""


class LayerFeatures:
    """One output of a network for every cell of a frame; a `DenseFeatures`.

    Parameters
    ----------
    network : torch.nn.Module
        Put into evaluation mode.
    name : str
        Name of the output.
    strides : Mapping of str to int
        Pixels from one cell to the next, by the name of the output.
    output : Callable
        Computes it, see `Output`.
    method : str
        The method, as people call it, for messages.

    Raises
    ------
    InputError
        If there is no such output.
    """

    def __init__(
        self, network: nn.Module, name: str, strides: Mapping[str, int], output: Output, method: str
    ) -> None:
        if name not in strides:
            raise InputError(f"expected features of {', '.join(strides)} with {method}, got {name!r}")
        self._network = network.eval()
        self._name, self._stride, self._output = name, strides[name], output

    @property
    def stride(self) -> int:
        """Pixels from one cell to the next."""
        return self._stride

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self._network.parameters()).device

    @torch.inference_mode()
    def encode(self, frame: UInt8[np.ndarray, "H W 3"]) -> Float[Tensor, "C h w"]:
        """Return the features of an RGB frame on the network's device."""
        return self._output(torch.tensor(frame, device=self.device)[None], self._name)[0]
