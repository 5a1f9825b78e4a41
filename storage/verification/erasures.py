"""Check that what was erased on request is gone, and that ledger and tombstones agree about it."""

from collections.abc import Collection, Mapping

from shls_core.errors import NameUnknown, ObjectCorrupted, ObjectMissing
from storage.canonical import short
from storage.kinds import RecordKind
from storage.records.links import Links
from storage.records.manifests import get_record
from storage.records.tombstones import Erased, Tombstone, note_tombstone, tombstone_ids
from storage.store import Store
from storage.verification.problems import LOST_TOMBSTONE, TOMBSTONE, UNFINISHED, Problem, about_object
from storage.withdrawal.deny_list import withdrawn


def read_tombstones(store: Store) -> tuple[dict[str, Erased], list[Problem]]:
    """Return what was erased by the readable tombstones, and a problem for each unreadable one."""
    found: dict[str, Erased] = {}
    problems = []
    for tombstone_id in tombstone_ids(store.ledger):
        try:
            note_tombstone(found, tombstone_id, get_record(store.objects, tombstone_id, Tombstone))
        except (ObjectMissing, ObjectCorrupted, NameUnknown) as error:
            problems.append(about_object(LOST_TOMBSTONE, tombstone_id, "a purge in the ledger", str(error)))
    return found, problems


def unfinished(store: Store, erased: Mapping[str, Erased], present: Collection[str]) -> list[Problem]:
    """Return the erased objects that still exist.

    An object without any source that is withdrawn now is not a problem: it was made again after the source
    was reinstated.
    """
    still_there = sorted(erased.keys() & set(present))
    denied = withdrawn(store) if still_there else {}
    return [
        about_object(
            UNFINISHED,
            digest,
            f"the purge of {denied[source_ids[0]].noun} {short(source_ids[0])}…",
            "it was erased by order, and is still there",
        )
        for digest in still_there
        if (source_ids := [source_id for source_id in erased[digest].source_ids if source_id in denied])
    ]


def unnamed_tombstones(store: Store, links: Mapping[str, Links]) -> list[Problem]:
    """Return the tombstones that no purge in the ledger names: they prove nothing."""
    found = {digest for digest, record in links.items() if record.kind == RecordKind.TOMBSTONE}
    what = "no purge in the ledger names it"
    return [
        about_object(TOMBSTONE, digest, "no purge", what)
        for digest in sorted(found.difference(tombstone_ids(store.ledger)))
    ]
