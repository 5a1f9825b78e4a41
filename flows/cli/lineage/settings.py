"""Parameters, versions and configurations as people read them: one line that is cut, or a block."""

from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = 5


def settings_line(values: Mapping[str, Any]) -> str:
    """Return the first few settings on one line.

    Examples
    --------
    >>> settings_line({"max_side": 640, "crops": {"crops_per_image": 24}})
    'max_side 640, crops.crops_per_image 24'
    >>> settings_line(dict.fromkeys("abcdefg", 1))
    'a 1, b 1, c 1, d 1, e 1 and 2 more (--full)'
    """
    leaves = [f"{name} {value}" for name, value in _leaves(values)]
    more = f" and {len(leaves) - _SHOWN} more (--full)" if len(leaves) > _SHOWN else ""
    return ", ".join(leaves[:_SHOWN]) + more


def settings_block(values: Mapping[str, Any]) -> list[str]:
    """Return every setting on a line of its own, by its path.

    Examples
    --------
    >>> settings_block({"max_side": 640, "crops": {"crops_per_image": 24}})
    ['max_side: 640', 'crops.crops_per_image: 24']
    """
    return [f"{name}: {value}" for name, value in _leaves(values)]


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "none" if value is None else str(value)
