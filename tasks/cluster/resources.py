"""What a worker reserves, in the words of Ray, and how many workers the nodes of a cluster have room for."""

from collections.abc import Iterable, Mapping

from tasks.runs.execution_config import StageResources

Amounts = Mapping[str, float]
"""Resources by Ray's names: ``CPU``, ``GPU``, ``memory`` in bytes."""

_ROUNDING = 1e-6
"""Ray counts in steps of 0.0001."""


def ray_options(resources: StageResources) -> dict[str, float]:
    """Return the options of an actor.

    Without GPUs Ray hides those of the machine from the worker; with them, it sees its own alone.
    """
    options: dict[str, float] = {"num_cpus": resources.cpus}
    if resources.gpus:
        options["num_gpus"] = resources.gpus
    if resources.memory:
        options["memory"] = int(resources.memory)
    return options


def demand(resources: StageResources) -> dict[str, float]:
    """Return the amounts that a worker reserves."""
    amounts = {"CPU": resources.cpus, "GPU": resources.gpus, "memory": float(resources.memory or 0)}
    return {name: amount for name, amount in amounts.items() if amount}


def room(nodes: Iterable[Amounts], resources: StageResources) -> int:
    """Return how many workers fit on nodes with these amounts, if nobody else were there.

    Examples
    --------
    >>> room([{"CPU": 3.0}, {"CPU": 8.0, "GPU": 1.0}], StageResources(cpus=2))
    5
    """
    wanted = demand(resources)
    return sum(
        min(int(node.get(name, 0) / amount + _ROUNDING) for name, amount in wanted.items()) for node in nodes
    )


def described(resources: StageResources) -> str:
    """Return in words what a worker reserves.

    Examples
    --------
    >>> described(StageResources(memory="8GB", gpus=1))
    '1 CPU, 8 GB of memory, 1 GPU'
    """
    parts = [_counted(resources.cpus, "CPU")]
    if resources.memory:
        parts.append(f"{gigabytes(resources.memory)} of memory")
    if resources.gpus:
        parts.append(_counted(resources.gpus, "GPU"))
    return ", ".join(parts)


def largest(nodes: Iterable[Amounts]) -> str:
    """Return in words the most that any node has of each resource.

    Examples
    --------
    >>> largest([{"CPU": 3.0, "memory": 16e9}, {"CPU": 8.0}])
    '8 CPUs, 16 GB of memory, 0 GPUs'
    """
    kept = list(nodes)
    most = {
        name: max((node.get(name, 0.0) for node in kept), default=0.0) for name in ("CPU", "memory", "GPU")
    }
    memory = f"{gigabytes(most['memory'])} of memory"
    return ", ".join((_counted(most["CPU"], "CPU"), memory, _counted(most["GPU"], "GPU")))


def gigabytes(size: float) -> str:
    """Return a number of bytes in GB."""
    return f"{size / 1e9:.3g} GB" if size < 1e12 else f"{size / 1e12:.3g} TB"


def _counted(amount: float, unit: str) -> str:
    return f"{amount:g} {unit}" if amount == 1 else f"{amount:g} {unit}s"
