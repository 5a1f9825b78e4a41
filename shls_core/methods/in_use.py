"""Combines any network with any propagation; propagators are made only here."""

from torch import nn

from shls_core.methods.config import MethodConfig
from shls_core.methods.method import FAISS
from shls_core.methods.registry import method_named
from shls_core.propagation.config import PropagationConfig
from shls_core.propagation.interface import MaskPropagator
from shls_core.superpixels.division import Divide

_CARRYING = {
    "label_propagation": ("shls_core.propagation.label_propagator",),
    "superpixel_memory": (
        "shls_core.propagation.superpixel_memory.pooled_features",
        "shls_core.propagation.superpixel_memory.propagator",
    ),
}
"""The modules that carry masks by the dense features of any method."""

_LOW_PRECISION = "shls_core.methods.low_precision"
_JOINING = "shls_core.propagation.fusion.joined_features"


def propagator_of(
    network: nn.Module,
    config: MethodConfig,
    propagation: PropagationConfig,
    divide: Divide | None = None,
    second: tuple[nn.Module, MethodConfig] | None = None,
) -> MaskPropagator:
    """Return the propagator that carries masks with a network, or with two.

    Parameters
    ----------
    network : torch.nn.Module
        A network of the method.
    config : MethodConfig
        Configuration of the method in use.
    propagation : PropagationConfig
        Whether the method's own propagation or its features alone carry masks, and how.
    divide : Callable or None
        Divides frames that come without superpixels, for propagations that read superpixels.
    second : tuple of torch.nn.Module and MethodConfig, or None
        Another network and its method, whose dense features are joined to those of the first.

    Raises
    ------
    InputError
        If a network lacks the features or the refinement that are requested, or the propagation cannot join
        two networks.
    """
    method = method_named(config.name)
    if propagation.precision == "bf16":
        from shls_core.methods.low_precision import in_bfloat16

        network = in_bfloat16(network)
        second = second and (in_bfloat16(second[0]), second[1])
    if second is not None:
        from shls_core.methods.joined import MethodNetwork, joined_propagator

        return joined_propagator(MethodNetwork(network, config), MethodNetwork(*second), propagation, divide)
    if propagation.method == "own":
        return method.propagator(network, config, refinement=propagation.refinement, divide=divide)
    if propagation.method == "superpixel_memory":
        from shls_core.propagation.superpixel_memory.pooled_features import PooledFeatures
        from shls_core.propagation.superpixel_memory.propagator import SuperpixelMemoryPropagator

        pooled = PooledFeatures(method.feature_maps(network, propagation.superpixel_memory.features))
        return SuperpixelMemoryPropagator(pooled, propagation.superpixel_memory.memory, divide)
    from shls_core.propagation.label_propagator import LabelPropagator

    chosen = propagation.label_propagation
    features = method.feature_maps(network, chosen.features)
    references = chosen.reference_features
    of_references = None if references is None else method.feature_maps(network, references)
    return LabelPropagator(features, chosen, divide, of_references)


def reads_superpixels(config: MethodConfig, propagation: PropagationConfig) -> bool:
    """Return whether masks depend on superpixels."""
    return propagation.reads_superpixels(method_named(config.name).divides_frames)


def columns_read(config: MethodConfig, propagation: PropagationConfig) -> tuple[str, ...]:
    """Return the columns of labelled sequences that scoring by a propagation reads."""
    return ("frames", "masks", *(("superpixel_maps",) if reads_superpixels(config, propagation) else ()))


def use_modules(
    config: MethodConfig, propagation: PropagationConfig, second: MethodConfig | None = None
) -> tuple[str, ...]:
    """Return the modules whose code, including all they import, carries the masks."""
    method = method_named(config.name)
    more = (_LOW_PRECISION,) if propagation.precision == "bf16" else ()
    if second is not None:
        more = (*more, _JOINING, *method_named(second.name).feature_modules)
    if propagation.method == "own":
        return (*method.use_modules, *more)
    return (*_CARRYING[propagation.method], *method.feature_modules, *more)


def use_packages(config: MethodConfig, propagation: PropagationConfig) -> tuple[str, ...]:
    """Return the third-party packages that affect the masks, in addition to those of every use."""
    if propagation.method == "own":
        return method_named(config.name).use_packages
    return (FAISS,) if propagation.method == "superpixel_memory" else ()
