"""The `Method` of SHLS; its parts are imported when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shls_core.methods.method import FAISS
from shls_core.methods.shls.config import ShlsConfig
from shls_core.methods.shls.section import ShlsSection
from shls_core.methods.superpixel_method import SuperpixelMethod

if TYPE_CHECKING:
    from torch import Tensor

    from shls_core.methods.shls.dense_features import ShlsDenseFeatures
    from shls_core.methods.shls.network.shls_network import ShlsNetwork
    from shls_core.methods.shls.training_loss import ShlsMethod
    from shls_core.propagation.refinement_mode import RefinementMode
    from shls_core.propagation.superpixel_memory.encoded_frame import SuperpixelFeatures
    from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator
    from shls_core.superpixels.division import Divide


def _columns(config: ShlsConfig) -> tuple[str, ...]:
    warps = ("warps",) if "exact_warp" in config.contrast else ()
    return "frames", "masks", "superpixel_maps", *warps


def _new_network(config: ShlsConfig, seed: int) -> ShlsNetwork:
    from shls_core.methods.network_weights import new_network
    from shls_core.methods.shls.network.shls_network import ShlsNetwork

    return new_network(ShlsNetwork, config.network, seed)


def _network_with_weights(config: ShlsConfig, weights: Mapping[str, Tensor]) -> ShlsNetwork:
    from shls_core.methods.network_weights import network_with_weights
    from shls_core.methods.shls.network.shls_network import ShlsNetwork

    return network_with_weights(ShlsNetwork, config.network, weights)


def _trainable(network: ShlsNetwork, config: ShlsConfig) -> ShlsMethod:
    from shls_core.methods.shls.training_loss import ShlsMethod

    return ShlsMethod(network, config)


def _propagator(
    network: ShlsNetwork,
    config: ShlsConfig,
    refinement: RefinementMode | None = None,
    divide: Divide | None = None,
) -> SuperpixelMemoryPropagator:
    from shls_core.methods.shls.network.shls_network import refining
    from shls_core.methods.shls.propagator import shls_propagator

    network = refining(network, refinement)
    return shls_propagator(network, config.memory, divide, config.correspondence_share)


def _superpixel_features(
    network: ShlsNetwork, config: ShlsConfig, refinement: RefinementMode | None = None
) -> SuperpixelFeatures:
    from shls_core.methods.shls.network.shls_network import refining
    from shls_core.methods.shls.propagator import ShlsSuperpixelFeatures
    from shls_core.propagation.fusion.config import FusedMemoryConfig

    describes = isinstance(config.memory, FusedMemoryConfig) and config.memory.is_fused
    return ShlsSuperpixelFeatures(refining(network, refinement), describes, config.correspondence_share)


def _feature_maps(network: ShlsNetwork, layer: str) -> ShlsDenseFeatures:
    from shls_core.methods.shls.dense_features import ShlsDenseFeatures

    return ShlsDenseFeatures(network, layer)


def _training_packages(config: ShlsConfig, validates: bool) -> tuple[str, ...]:
    reads_memory = "memory" not in config.unread(validates)
    return (FAISS,) if reads_memory and config.memory.search == "faiss" else ()


def _weights_in_use(config: ShlsConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    from shls_core.methods.shls.network.shls_network import REFINEMENT_PREFIX

    if config.network.refinement.mode != "off":
        return weights
    return {name: value for name, value in weights.items() if not name.startswith(REFINEMENT_PREFIX)}


SHLS = SuperpixelMethod(
    name="shls",
    config=ShlsSection,
    columns=_columns,
    new_network=_new_network,
    network_with_weights=_network_with_weights,
    trainable=_trainable,
    propagator=_propagator,
    feature_maps=_feature_maps,
    training_modules=("shls_core.methods.shls.training_loss",),
    use_modules=("shls_core.methods.shls.propagator",),
    feature_modules=("shls_core.methods.shls.dense_features",),
    divides_frames=True,
    training_packages=_training_packages,
    use_packages=(FAISS,),
    weights_in_use=_weights_in_use,
    superpixel_features=_superpixel_features,
)
