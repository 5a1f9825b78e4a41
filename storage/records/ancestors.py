"""The checkpoints that a checkpoint learned from: what they saw, it saw."""

from collections.abc import Callable, Mapping
from typing import Any

from storage.canonical import short

Read = Callable[[str], Mapping[str, Any] | None]
"""Takes the id of a checkpoint; returns its record, or None if that is missing."""

STARTS_FROM = "starts_from"
"""The field of a checkpoint's record with the id of the one whose weights its training began with."""
PSEUDO_MASKS_BY = "pseudo_masks_by"
"""The field with the id of the one that made the pseudo-masks it learned from."""


class AncestorMissing(LookupError):
    """The record of a checkpoint that another one learned from is missing."""


def parents(checkpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the checkpoints that one learned from directly, given its record."""
    both = (checkpoint.get(PSEUDO_MASKS_BY), checkpoint.get(STARTS_FROM))
    return tuple(dict.fromkeys(filter(None, both)))


def ancestors(checkpoint: Mapping[str, Any], read: Read) -> dict[str, Mapping[str, Any]]:
    """Return all checkpoints that one learned from, by id, every one after its own parents.

    Parameters
    ----------
    checkpoint
        Its record.
    read
        Reads the records of the others.

    Raises
    ------
    AncestorMissing
        If the record of one is missing.
    """
    found: dict[str, Mapping[str, Any]] = {}
    waiting = [(parent, False) for parent in reversed(parents(checkpoint))]
    while waiting:  # not by recursion: a chain of rounds may be long
        digest, is_ready = waiting.pop()
        if digest in found:
            continue
        record = read(digest)
        if record is None:
            raise AncestorMissing(f"checkpoint {short(digest)}…, which it learned from, is missing")
        if is_ready:
            found[digest] = record
        else:
            waiting.append((digest, True))
            waiting += [(parent, False) for parent in reversed(parents(record))]
    return found
