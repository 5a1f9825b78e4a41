"""Tombstones: records of the shards that were erased on request, and of their stand-ins.

A shard is never edited. To erase a row, a purge first writes a *stand-in*, a redacted copy of the shard
without the content of the row. Then it writes a tombstone that names both, then the entry of the ledger that
names the tombstone, and only then removes the shard. An object that is missing without all of these was lost,
not erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from storage.kinds import RunKind
from storage.objects.objects import ObjectStore
from storage.records.manifests import Record, get_record

if TYPE_CHECKING:
    from storage.tables.ledger import Ledger  # it imports Delta Lake, which training alone does not need

ERASED: Final = "erased by order"
"""The reason of rejection of an erased row in a stand-in."""

_SOURCE_IDS = AliasChoices("source_ids", "image_ids")
"""Version 2 named this field ``image_ids``."""


class ErasedShard(BaseModel):
    """One shard that was erased."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    object: str
    """Digest of the shard."""
    redacted: str | None
    """Digest of its stand-in; None for a shard of a format that this version does not write."""
    stage: str | None
    source_ids: tuple[str, ...] = Field(validation_alias=_SOURCE_IDS)
    """Those of the erased sources from which rows of the shard descend."""
    rows: dict[str, str | None]
    """Content digest of each erased row, by sample id; None for a rejected row. With these digests and the
    remaining rows, the content digest of the artifact can still be checked."""


class Tombstone(Record):
    """What one purge erased."""

    kind: Literal["tombstone"] = "tombstone"
    source_ids: tuple[str, ...] = Field(validation_alias=_SOURCE_IDS)
    erased: tuple[ErasedShard, ...]


@dataclass(frozen=True)
class Erased:
    """One erased object, as the result of all purges together."""

    source_ids: tuple[str, ...]
    """The sources for which it was erased."""
    redacted: str | None
    """Digest of its stand-in, or None."""
    tombstone: str
    """Id of the first tombstone that names it."""
    rows: Mapping[str, str | None]
    """The rows erased, as in `ErasedShard`."""
    stage: str | None = None
    """Its stage; None for a shard of a format that this version does not write."""


def erased_objects(ledger: "Ledger", objects: ObjectStore) -> dict[str, Erased]:
    """Return what was erased on request from a store, by digest of the object.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a tombstone that the ledger names is missing or damaged.
    """
    found: dict[str, Erased] = {}
    for tombstone_id in tombstone_ids(ledger):
        note_tombstone(found, tombstone_id, get_record(objects, tombstone_id, Tombstone))
    return found


def tombstone_ids(ledger: "Ledger") -> list[str]:
    """Return the tombstones that the ledger names, oldest first, each once."""
    purges = (run for run in ledger.runs() if run["kind"] == RunKind.PURGE and run["status"] == "completed")
    return list(dict.fromkeys(output for run in purges for output in run["outputs"]))


def note_tombstone(found: dict[str, Erased], tombstone_id: str, tombstone: Tombstone) -> None:
    """Add the erasures of a tombstone to those of earlier tombstones.

    If it erased a stand-in, the objects of that stand-in get the new one.
    """
    stood_for: dict[str | None, list[str]] = {}
    for digest, earlier in found.items():
        stood_for.setdefault(earlier.redacted, []).append(digest)
    for shard in tombstone.erased:
        for digest in stood_for.get(shard.object, ()):
            earlier = found[digest]
            found[digest] = replace(
                earlier,
                source_ids=tuple(sorted({*earlier.source_ids, *shard.source_ids})),
                redacted=shard.redacted,
                rows={**shard.rows, **earlier.rows},
            )
        found[shard.object] = Erased(shard.source_ids, shard.redacted, tombstone_id, shard.rows, shard.stage)
