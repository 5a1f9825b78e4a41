"""The parts of a method of video object segmentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shls_core.methods.config import MethodConfig

if TYPE_CHECKING:  # describing a method needs no torch
    from torch import Tensor, nn

    from shls_core.propagation.dense_features import DenseFeatures
    from shls_core.propagation.interface import MaskPropagator
    from shls_core.training.clip_draw import ClipDraw
    from shls_core.training.method import TrainableMethod

FAISS = "faiss"
"""As a package name: whichever of faiss-cpu and faiss-gpu is installed."""


def _all_weights(config: MethodConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    return weights


def _no_packages(config: MethodConfig, validates: bool) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Method:
    """One method: a folder of `shls_core.methods`, and an entry of `shls_core.methods.registry`.

    The parts are functions that import what they need when they are called. So an unused method costs
    nothing, and configurations are validated without torch.

    Attributes
    ----------
    name : str
        The name in configurations (``method: NAME``) and in the records of checkpoints.
    config : type of MethodConfig
        The section of the configuration; its ``name`` is `name`.
    columns : Callable
        Takes a configuration; returns the columns of `storage.rows.loader` that a batch contains: ``frames``
        and others; or, of clips, ``frames`` and perhaps ``clusters``, which a batch has as ``masks``.
    new_network : Callable
        Takes a configuration and a seed; returns a network with random weights, which depend on these two
        alone.
    network_with_weights : Callable
        Takes a configuration and a state; returns a network with these weights, in evaluation mode. Raises
        InputError for weights of another network.
    trainable : Callable
        Takes a network and a configuration; returns the `TrainableMethod`.
    propagator : Callable
        The method's own propagation: ``propagator(network, config, refinement=…, divide=…)``. `refinement` is
        ``propagation.refinement``, `divide` divides frames that come without superpixel maps; both may be
        None.
    feature_maps : Callable
        Dense features for label propagation: ``feature_maps(network, layer)``. Raises InputError for a layer
        that it does not have.
    training_modules, use_modules, feature_modules : tuple of str
        The modules whose code, including all they import, makes the weights, the masks of the method's own
        propagation, and the dense features; code digests start from them.
    divides_frames : bool
        Whether the method's own propagation divides frames into superpixels.
    training_packages : Callable
        Takes a configuration and whether training validates; returns the third-party packages that affect the
        weights, in addition to those of every training.
    use_packages : tuple of str
        Third-party packages that affect the masks of the method's own propagation, in addition to those of
        every use.
    weights_in_use : Callable
        Takes the configuration in use and a state; returns the weights that this use reads.
    clip_draw : Callable or None
        Takes a configuration; returns what is drawn of a clip when the method learns from videos: its
        `TrainableMethod` then gets each `shls_core.training.clip_batch.ClipBatch`. None: it cannot learn from
        videos.
    """

    name: str
    config: type[MethodConfig]
    columns: Callable[[Any], tuple[str, ...]]
    new_network: Callable[[Any, int], nn.Module]
    network_with_weights: Callable[[Any, Mapping[str, Tensor]], nn.Module]
    trainable: Callable[[Any, Any], TrainableMethod]
    propagator: Callable[..., MaskPropagator]
    feature_maps: Callable[[Any, str], DenseFeatures]
    training_modules: tuple[str, ...]
    use_modules: tuple[str, ...]
    feature_modules: tuple[str, ...]
    divides_frames: bool = False
    training_packages: Callable[[Any, bool], tuple[str, ...]] = _no_packages
    use_packages: tuple[str, ...] = ()
    weights_in_use: Callable[[Any, Mapping[str, Tensor]], Mapping[str, Tensor]] = _all_weights
    clip_draw: Callable[[Any], ClipDraw] | None = None
