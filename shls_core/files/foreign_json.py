"""JSON of others: what another program could read differently, or this one not write again, is refused."""

import json
from typing import Any, NoReturn


def strict_json(data: bytes | str) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        If it is not JSON, has a number that is not finite, a key twice in one object, or values that are
        nested too deeply; the message is one line.
    """
    try:
        return json.loads(
            data, parse_constant=_not_finite, parse_float=_finite, object_pairs_hook=_without_doubles
        )
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None


def _not_finite(spelt: str) -> NoReturn:
    raise ValueError(f"expected finite numbers, got {spelt}")


def _finite(spelt: str) -> float:
    number = float(spelt)
    if number in (float("inf"), float("-inf")):
        _not_finite(spelt)
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"expected every key once, got {double!r} twice")
    return found
