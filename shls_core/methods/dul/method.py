"""The `Method` of DUL; its parts are imported when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shls_core.methods.dul.config import DulConfig
from shls_core.methods.method import Method

if TYPE_CHECKING:
    from torch import Tensor

    from shls_core.methods.dul.dense_features import DulDenseFeatures
    from shls_core.methods.dul.network import DulNetwork
    from shls_core.methods.dul.training_loss import DulMethod
    from shls_core.propagation.label_propagator import LabelPropagator
    from shls_core.propagation.refinement_mode import RefinementMode
    from shls_core.superpixels.division import Divide
    from shls_core.training.clip_draw import ClipDraw


def _new_network(config: DulConfig, seed: int) -> DulNetwork:
    from shls_core.methods.dul.network import DulNetwork
    from shls_core.methods.network_weights import new_network

    return new_network(DulNetwork, config.network, seed)


def _network_with_weights(config: DulConfig, weights: Mapping[str, Tensor]) -> DulNetwork:
    from shls_core.methods.dul.network import DulNetwork
    from shls_core.methods.network_weights import network_with_weights

    return network_with_weights(DulNetwork, config.network, weights)


def _trainable(network: DulNetwork, config: DulConfig) -> DulMethod:
    from shls_core.methods.dul.training_loss import DulMethod

    return DulMethod(network, config)


def _propagator(
    network: DulNetwork,
    config: DulConfig,
    refinement: RefinementMode | None = None,
    divide: Divide | None = None,
) -> LabelPropagator:
    """Return label propagation with the published values: that is how DUL carries masks."""
    from shls_core.errors import InputError
    from shls_core.propagation.label_config import LabelPropagationConfig
    from shls_core.propagation.label_propagator import LabelPropagator

    if refinement not in (None, "off"):
        raise InputError(f"expected no refinement with DUL, which has none, got {refinement}")
    labels = LabelPropagationConfig()
    return LabelPropagator(_feature_maps(network, labels.features), labels, divide)


def _feature_maps(network: DulNetwork, layer: str) -> DulDenseFeatures:
    from shls_core.methods.dul.dense_features import DulDenseFeatures

    return DulDenseFeatures(network, layer)


def _clip_draw(config: DulConfig) -> ClipDraw:
    """Return the frames and the main view of a clip; the loss then draws their order only."""
    from shls_core.training.clip_draw import ClipDraw

    keys = ("num_frames", "gap", "short_side", "crop", "flip")
    return ClipDraw.model_validate({key: getattr(config.views, key) for key in keys})


DUL = Method(
    name="dul",
    config=DulConfig,
    columns=lambda config: ("frames",),
    new_network=_new_network,
    network_with_weights=_network_with_weights,
    trainable=_trainable,
    propagator=_propagator,
    feature_maps=_feature_maps,
    training_modules=("shls_core.methods.dul.training_loss",),
    use_modules=("shls_core.propagation.label_propagator", "shls_core.methods.dul.dense_features"),
    feature_modules=("shls_core.methods.dul.dense_features",),
    clip_draw=_clip_draw,
)
