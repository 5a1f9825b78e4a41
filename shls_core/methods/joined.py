"""Two networks in one propagation: the superpixel memory of one, with the features of the other joined."""

from dataclasses import dataclass

from torch import nn

from shls_core.errors import InputError
from shls_core.methods.config import MethodConfig
from shls_core.methods.memory_in_use import memory_of
from shls_core.methods.registry import method_named
from shls_core.methods.superpixel_method import SuperpixelMethod
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.propagation.fusion.joined_features import JoinedFeatures
from shls_core.propagation.superpixel_memory.encoded_frame import SuperpixelFeatures
from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures
from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator
from shls_core.superpixels.division import Divide


@dataclass(frozen=True)
class MethodNetwork:
    """A network and its method, as it is configured."""

    network: nn.Module
    config: MethodConfig


def joined_propagator(
    first: MethodNetwork, second: MethodNetwork, propagation: PropagationConfig, divide: Divide | None = None
) -> SuperpixelMemoryPropagator:
    """Return the superpixel memory of one network, with the dense features of another joined to its own.

    Parameters
    ----------
    first
        A method whose own propagation is a superpixel memory, or any with ``superpixel_memory``.
    second
        Any method.
    propagation
        Its section ``joined`` says how.
    divide
        Divides frames that come without superpixels.

    Raises
    ------
    InputError
        As `check_joins`; if one of the networks lacks what is requested of it.
    """
    check_joins(first.config, propagation)
    joined, method = propagation.joined, method_named(first.config.name)
    memory = memory_of(first.config, propagation)
    assert memory is not None
    if joined.votes is not None:
        fused = FusedMemoryConfig.model_validate(memory.model_dump())
        memory = fused.model_copy(update={"dense": joined.votes})
    features: SuperpixelFeatures
    if propagation.method == "superpixel_memory":
        features = PooledFeatures(method.feature_maps(first.network, propagation.superpixel_memory.features))
    else:
        assert isinstance(method, SuperpixelMethod)
        config = first.config.model_copy(update={"memory": memory})
        features = method.superpixel_features(first.network, config, propagation.refinement)
    feature_maps = method_named(second.config.name).feature_maps
    appended = feature_maps(second.network, joined.features)
    votes = None
    if joined.votes is not None:
        is_same = joined.votes.features == joined.features
        votes = appended if is_same else feature_maps(second.network, joined.votes.features)
    both = JoinedFeatures(features, appended, joined.share, joined.side, votes)
    return SuperpixelMemoryPropagator(both, memory, divide)


def check_joins(config: MethodConfig, propagation: PropagationConfig) -> None:
    """Refuse a propagation to which no second network can be joined.

    Raises
    ------
    InputError
        If it is no superpixel memory, or the same kind of votes is on twice.
    """
    memory = memory_of(config, propagation)
    if memory is None:
        how = "its own propagation" if propagation.method == "own" else f"--propagation {propagation.method}"
        raise InputError(
            "expected a superpixel memory to join a second checkpoint to: a first checkpoint of method shls, "
            f"or --propagation superpixel_memory; got a first one of method {config.name} with {how}"
        )
    if propagation.joined.votes is not None and getattr(memory, "dense", None) is not None:
        raise InputError(
            "expected memory.dense or propagation.joined.votes, got both: they are the same votes, by the "
            "features of the first checkpoint and by those of the second"
        )
