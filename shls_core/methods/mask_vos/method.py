"""The `Method` of Mask-VOS; its parts are imported when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shls_core.methods.mask_vos.config import MaskVosConfig
from shls_core.methods.method import Method

if TYPE_CHECKING:
    from torch import Tensor

    from shls_core.methods.mask_vos.dense_features import MaskVosDenseFeatures
    from shls_core.methods.mask_vos.network import MaskVosNetwork
    from shls_core.methods.mask_vos.propagator import MaskVosPropagator
    from shls_core.methods.mask_vos.training_loss import MaskVosMethod
    from shls_core.propagation.refinement_mode import RefinementMode
    from shls_core.superpixels.division import Divide
    from shls_core.training.clip_draw import ClipDraw


def _columns(config: MaskVosConfig) -> tuple[str, ...]:
    """Return what is read: of videos clusters, of stills the pseudo-masks they come with."""
    if not config.segments:
        return ("frames",)
    return ("frames", "clusters" if config.pseudo_masks == "clusters" else "masks")


def _new_network(config: MaskVosConfig, seed: int) -> MaskVosNetwork:
    from shls_core.methods.mask_vos.network import MaskVosNetwork
    from shls_core.methods.network_weights import new_network

    return new_network(MaskVosNetwork, config.network, seed)


def _network_with_weights(config: MaskVosConfig, weights: Mapping[str, Tensor]) -> MaskVosNetwork:
    from shls_core.methods.mask_vos.network import MaskVosNetwork
    from shls_core.methods.network_weights import network_with_weights

    return network_with_weights(MaskVosNetwork, config.network, weights)


def _trainable(network: MaskVosNetwork, config: MaskVosConfig) -> MaskVosMethod:
    from shls_core.methods.mask_vos.training_loss import MaskVosMethod

    return MaskVosMethod(network, config)


def _propagator(
    network: MaskVosNetwork,
    config: MaskVosConfig,
    refinement: RefinementMode | None = None,
    divide: Divide | None = None,
) -> MaskVosPropagator:
    from shls_core.errors import InputError
    from shls_core.methods.mask_vos.propagator import MaskVosPropagator

    if refinement not in (None, "off"):
        raise InputError(
            "expected no propagation.refinement with Mask-VOS, which has method.use.refinement_rounds, "
            f"got {refinement}"
        )
    return MaskVosPropagator(network, config.use)


def _feature_maps(network: MaskVosNetwork, layer: str) -> MaskVosDenseFeatures:
    from shls_core.methods.mask_vos.dense_features import MaskVosDenseFeatures

    return MaskVosDenseFeatures(network, layer)


def _clip_draw(config: MaskVosConfig) -> ClipDraw:
    """Return the frames and the main view of a clip; the loss then draws the rest."""
    from shls_core.errors import ConfigError
    from shls_core.methods.mask_vos.clip_draw import DistantFramesDraw

    if config.segments and config.pseudo_masks != "clusters":
        raise ConfigError(
            "expected method.pseudo_masks: clusters with source: clips, whose videos have no pseudo-masks of "
            f"their own, got {config.pseudo_masks} (method {config.name})"
        )
    keys = ("num_frames", "gap", "long_gap", "short_side", "crop", "flip")
    return DistantFramesDraw.model_validate({key: getattr(config.views, key) for key in keys})


MASK_VOS = Method(
    name="mask_vos",
    config=MaskVosConfig,
    columns=_columns,
    new_network=_new_network,
    network_with_weights=_network_with_weights,
    trainable=_trainable,
    propagator=_propagator,
    feature_maps=_feature_maps,
    training_modules=("shls_core.methods.mask_vos.training_loss",),
    use_modules=("shls_core.methods.mask_vos.propagator",),
    feature_modules=("shls_core.methods.mask_vos.dense_features",),
    clip_draw=_clip_draw,
)
