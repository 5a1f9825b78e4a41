"""The order of numbered names: ``frame2`` before ``frame10``."""

import re


def by_value_of_numbers(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return the key that sorts names, numbers in them by their value; equal values by the name itself.

    Examples
    --------
    >>> sorted(["10.png", "9.png", "09.png"], key=by_value_of_numbers)
    ['09.png', '9.png', '10.png']
    """
    parts = re.findall(r"\d+|\D+", name)
    values = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return values, name
