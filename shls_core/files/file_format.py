"""What is known of a format of files: its name, how it is recognised, and whether it is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class FileFormat:
    """One format.

    Attributes
    ----------
    name : str
        As people call it.
    suffixes : tuple of str
        Suffixes that its files usually have, in lower case, with their dot.
    is_read : bool
        Whether its files are read.
    note : str
        How it is read; or, if it is not, what its owner can do.
    signature : bytes
        Regular expression for the first bytes of its files. Empty if they cannot be told by them.
    """

    name: str
    suffixes: tuple[str, ...]
    is_read: bool
    note: str
    signature: bytes = b""

    def begins(self, data: bytes) -> bool:
        """Whether a file with these first bytes has this format."""
        return bool(self.signature) and re.match(self.signature, data, flags=re.DOTALL) is not None


def first_match(formats: Iterable[FileFormat], data: bytes) -> FileFormat | None:
    """Return the first of `formats` that a file with these first bytes has."""
    return next((one for one in formats if one.begins(data)), None)


def suffixes_read(formats: Iterable[FileFormat]) -> frozenset[str]:
    """Return the suffixes of the formats that are read."""
    return frozenset(suffix for one in formats if one.is_read for suffix in one.suffixes)
