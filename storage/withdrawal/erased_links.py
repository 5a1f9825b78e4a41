"""Dependencies between objects in a store from which shards were erased on request."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from storage.kinds import RecordKind
from storage.records.links import Links
from storage.records.tombstones import Erased


def links_with_stand_ins(
    links: Mapping[str, Links], erased: Mapping[str, Erased], present: Collection[str]
) -> dict[str, Links]:
    """Return what every record names, with stand-ins instead of erased shards.

    A tombstone keeps neither of the two: it is evidence, and stays when no dataset has the shard any more.

    Parameters
    ----------
    links
        What every record names.
    erased
        What was erased on request, by digest.
    present
        Digests of the objects in the store.
    """
    gone = {digest: found.redacted for digest, found in erased.items() if digest not in present}
    return {
        digest: replace(record, named=frozenset())
        if record.kind == RecordKind.TOMBSTONE
        else _with_stand_ins(record, gone)
        for digest, record in links.items()
    }


def _with_stand_ins(record: Links, gone: Mapping[str, str | None]) -> Links:
    if record.named.isdisjoint(gone):
        return record
    needed = (gone.get(digest, digest) for digest in record.needed)
    stand_ins = {stand_in for digest in record.named & gone.keys() if (stand_in := gone[digest])}
    return replace(
        record,
        needed=tuple(digest for digest in needed if digest is not None),
        named=record.named | stand_ins,
    )
