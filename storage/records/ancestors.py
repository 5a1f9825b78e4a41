"""The checkpoints that a checkpoint learned from, or a score is of: what they saw, it saw."""

from collections.abc import Callable, Mapping
from typing import Any

from storage.canonical import short

Read = Callable[[str], Mapping[str, Any] | None]
"""Takes the id of a checkpoint; returns its record, or None if that is missing."""

STARTS_FROM = "starts_from"
"""The field of a checkpoint's record with the id of the one whose weights its training began with."""
PSEUDO_MASKS_BY = "pseudo_masks_by"
"""The field with the id of the one that made the pseudo-masks it learned from."""


JOINED_WITH = "joined_with"
"""The field of a score's record with the id of a second checkpoint, whose features were joined."""


class AncestorMissing(LookupError):
    """The record of a checkpoint that another one learned from is missing."""


def own_datasets(checkpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the datasets of a training: that which is learned from, and that which validates."""
    both = (checkpoint["dataset"], checkpoint.get("validation_dataset"))
    return tuple(dict.fromkeys(filter(None, both)))


def parents(checkpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the checkpoints that one learned from directly, given its record."""
    both = (checkpoint.get(PSEUDO_MASKS_BY), checkpoint.get(STARTS_FROM))
    return tuple(dict.fromkeys(filter(None, both)))


def scored_checkpoints(score: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the checkpoints that made a score, given its record: one, or two that were joined."""
    return tuple(filter(None, (score["checkpoint"], score.get(JOINED_WITH))))


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
    waiting = _to_read(checkpoint)
    while waiting:  # not by recursion: a chain of rounds may be long
        digest, record = waiting.pop()
        if digest in found:
            continue
        if record is not None:  # its parents were found since it was read
            found[digest] = record
            continue
        record = read(digest)
        if record is None:
            raise AncestorMissing(f"checkpoint {short(digest)}…, which it learned from, is missing")
        waiting += [(digest, record), *_to_read(record)]
    return found


def _to_read(checkpoint: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Return the parents of a checkpoint, whose records are not read yet, the first one last."""
    return [(parent, None) for parent in reversed(parents(checkpoint))]
