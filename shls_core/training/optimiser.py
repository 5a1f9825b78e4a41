"""The optimiser of a run, and the learning rate of its parameters."""

from torch import nn
from torch.optim import SGD, Adam, Optimizer

from shls_core.training.config import TrainingConfig

_RATE = "rate"
"""Key of a parameter group: its factor on the learning rate of a step."""


def new_optimiser(network: nn.Module, config: TrainingConfig) -> Optimizer:
    """Return an optimiser of all parameters of a network.

    Biases have no decay and a learning rate of their own, those of batch norms included.
    """
    biases = [value for name, value in network.named_parameters() if name.rpartition(".")[2] == "bias"]
    known = {id(value) for value in biases}
    others = [value for value in network.parameters() if id(value) not in known]
    groups = [
        {"params": others, "weight_decay": config.weight_decay, _RATE: 1.0},
        {"params": biases, "weight_decay": 0.0, _RATE: config.bias_rate},
    ]
    if not config.weight_decay and config.bias_rate == 1.0:
        groups = [{"params": list(network.parameters()), _RATE: 1.0}]
    if config.optimiser == "sgd":
        return SGD(groups, lr=config.learning_rate, momentum=config.betas[0])
    return Adam(groups, lr=config.learning_rate, betas=config.betas)


def set_learning_rate(optimiser: Optimizer, learning_rate: float) -> None:
    """Set the learning rate of a step; every group has its factor on it."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate * group[_RATE]
