"""The order of numbered names: ``frame2`` before ``frame10``."""

import re


def by_value_of_numbers(name: str) -> list[tuple[int, int, str]]:
    """Return the key that sorts names, numbers in them by their value.

    Examples
    --------
    >>> sorted(["10.png", "9.png"], key=by_value_of_numbers)
    ['9.png', '10.png']
    """
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
