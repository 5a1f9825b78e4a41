"""Networks with random weights, and with given ones."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from shls_core.errors import InputError
from shls_core.frozen import FrozenConfig

AnyConfig = TypeVar("AnyConfig", bound=FrozenConfig)
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


def new_network(kind: Callable[[AnyConfig], AnyNetwork], config: AnyConfig, seed: int) -> AnyNetwork:
    """Build a network of a kind with random weights that depend on configuration and seed alone.

    The global random state of torch does not change.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return kind(config)


def network_with_weights(
    kind: Callable[[AnyConfig], AnyNetwork], config: AnyConfig, state: Mapping[str, Tensor]
) -> AnyNetwork:
    """Build a network of a kind with given weights, in evaluation mode.

    Raises
    ------
    InputError
        If names or shapes of the weights are not those of the configuration.
    """
    network = new_network(kind, config, seed=0)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise InputError(f"expected weights of a network with {config!r}, got others: {error}") from error
    return network.eval()
