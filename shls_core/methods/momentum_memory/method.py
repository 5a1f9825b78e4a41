"""The `Method` of momentum memory; its parts are imported when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shls_core.methods.method import Method
from shls_core.methods.momentum_memory.config import MomentumMemoryConfig

if TYPE_CHECKING:
    from torch import Tensor

    from shls_core.methods.momentum_memory.dense_features import MomentumDenseFeatures
    from shls_core.methods.momentum_memory.network import MomentumNetwork
    from shls_core.methods.momentum_memory.training_loss import MomentumMemoryMethod
    from shls_core.propagation.label_propagator import LabelPropagator
    from shls_core.propagation.refinement_mode import RefinementMode
    from shls_core.superpixels.division import Divide
    from shls_core.training.clip_draw import ClipDraw


def _new_network(config: MomentumMemoryConfig, seed: int) -> MomentumNetwork:
    from shls_core.methods.momentum_memory.network import MomentumNetwork
    from shls_core.methods.network_weights import new_network

    return new_network(MomentumNetwork, config.network, seed)


def _network_with_weights(config: MomentumMemoryConfig, weights: Mapping[str, Tensor]) -> MomentumNetwork:
    from shls_core.methods.momentum_memory.network import MomentumNetwork
    from shls_core.methods.network_weights import network_with_weights

    return network_with_weights(MomentumNetwork, config.network, weights)


def _trainable(network: MomentumNetwork, config: MomentumMemoryConfig) -> MomentumMemoryMethod:
    from shls_core.methods.momentum_memory.training_loss import MomentumMemoryMethod

    return MomentumMemoryMethod(network, config)


def _propagator(
    network: MomentumNetwork,
    config: MomentumMemoryConfig,
    refinement: RefinementMode | None = None,
    divide: Divide | None = None,
) -> LabelPropagator:
    """Return label propagation with the window and the similarity of training."""
    from shls_core.errors import InputError
    from shls_core.propagation.label_propagator import LabelPropagator

    if refinement not in (None, "off"):
        raise InputError(f"expected no refinement with momentum memory, which has none, got {refinement}")
    labels = config.propagation()
    references = labels.reference_features
    of_references = None if references is None else _feature_maps(network, references)
    return LabelPropagator(_feature_maps(network, labels.features), labels, divide, of_references)


def _feature_maps(network: MomentumNetwork, layer: str) -> MomentumDenseFeatures:
    from shls_core.methods.momentum_memory.dense_features import MomentumDenseFeatures

    return MomentumDenseFeatures(network, layer)


def _clip_draw(config: MomentumMemoryConfig) -> ClipDraw:
    """Return the frames and the square of a clip; the loss then chooses among these frames."""
    from shls_core.methods.momentum_memory.draws import clip_draw

    return clip_draw(config.views)


MOMENTUM_MEMORY = Method(
    name="momentum_memory",
    config=MomentumMemoryConfig,
    columns=lambda config: ("frames",),
    new_network=_new_network,
    network_with_weights=_network_with_weights,
    trainable=_trainable,
    propagator=_propagator,
    feature_maps=_feature_maps,
    training_modules=("shls_core.methods.momentum_memory.training_loss",),
    use_modules=(
        "shls_core.propagation.label_propagator",
        "shls_core.methods.momentum_memory.dense_features",
    ),
    feature_modules=("shls_core.methods.momentum_memory.dense_features",),
    clip_draw=_clip_draw,
)
