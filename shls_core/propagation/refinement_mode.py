"""How coarse masks are refined, as written in configurations."""

from typing import Any, Literal

RefinementMode = Literal["off", "whole_frame", "roi"]


def bare_off(mode: Any) -> Any:
    """Return the mode that was meant: YAML reads a bare ``off`` as false."""
    return "off" if mode is False else mode
