"""Credentials in what a user gives: refused at the door, for Prefect keeps the parameters of every run."""

from collections.abc import Iterator, Mapping
from typing import Any

from shls_core.errors import InputError
from shls_core.foreign_text import redacted


def refuse_credentials(given: Mapping[str, Any], where: str = "") -> None:
    """Raise InputError if a text is an address with a password, a token or a signature in it.

    Parameters
    ----------
    given
        Options of a command, or sections of a configuration, by name.
    where
        What the message names besides: the file.
    """
    for name, text in _texts(given):
        if holds_credentials(text):
            raise InputError(f"expected {name} without credentials, got {redacted(text)}{where}")


def holds_credentials(text: str) -> bool:
    """Whether a text holds an address with credentials; the name of a file that looks so holds none.

    Examples
    --------
    >>> holds_credentials("s3://user:SECRET@bucket"), holds_credentials("clips/token=5.mp4")
    (True, False)
    """
    return "://" in text and redacted(text) != text


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in nested values, with their names: ``ingest.images``."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{name}.{key}" if name else str(key).replace("_", "-"))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, name)
