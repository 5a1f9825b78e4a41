"""A method whose own propagation is a superpixel memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shls_core.methods.method import Method

if TYPE_CHECKING:
    from shls_core.propagation.superpixel_memory.encoded_frame import SuperpixelFeatures


@dataclass(frozen=True, kw_only=True)
class SuperpixelMethod(Method):
    """A `Method` to whose superpixel features those of another network can be joined.

    It is no part of `Method`: the code of that is in the keys of rows of clusters.

    Attributes
    ----------
    superpixel_features : Callable
        What the memory compares, by the key ``memory`` of the configuration in use:
        ``superpixel_features(network, config, refinement)``; `refinement` may be None.
    """

    superpixel_features: Callable[..., SuperpixelFeatures]
