"""Erasing photographs from a store: their bytes, and every row that was made from them.

In this order: a stand-in for every shard that holds such a row; the tombstone; the entry of the ledger that
names it (by whoever calls); the key entries that point at the shards; the shards. Ended before the entry, it
has erased nothing, and what it wrote is removed by a collection; ended after it, the same purge goes on with
the shards that are left, and until then `verify` says that it is not finished.
"""

from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storage.files.inventory import take_inventory
from storage.files.jobs import dead_marks
from storage.files.readers import SHARD_READERS
from storage.files.removal import remove_files
from storage.objects.objects import object_path
from storage.records.manifests import put_record
from storage.records.tombstones import ErasedShard, Tombstone
from storage.store import Store
from storage.withdrawal.source_rows import HoldingShard, holding_shard, redacted_shard


@dataclass(frozen=True)
class Erasure:
    """What is to be erased."""

    source_ids: tuple[str, ...]
    shards: tuple[HoldingShard, ...]
    """Every shard in the store with a row of any of the photographs, whether anything names it or not."""
    key_paths: tuple[str, ...]
    """Key entries that point at one of the shards."""

    @property
    def num_bytes(self) -> int:
        """Size of the shards."""
        return sum(shard.num_bytes for shard in self.shards)

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows to be erased, by stage."""
        counts: Counter[str] = Counter()
        for shard in self.shards:
            counts[shard.stage or "another version"] += len(shard.rows)
        return dict(counts)


def plan_erasure(
    store: Store, source_ids: Collection[str], advance: Callable[[int, int], None] = lambda done, total: None
) -> Erasure:
    """Find everything that holds bytes of some photographs, or was made from them.

    Parameters
    ----------
    store
        The store; nothing in it is changed.
    source_ids
        Ids of the photographs.
    advance
        Called with the number of objects looked at so far and in all.

    Raises
    ------
    ObjectCorrupted
        If a shard cannot be read: what it holds cannot be known.
    """
    inventory = take_inventory(store.backend)
    digests = sorted(inventory.objects)
    shards: list[HoldingShard] = []
    with ThreadPoolExecutor(SHARD_READERS) as readers:
        found = readers.map(lambda digest: holding_shard(store.objects, digest, source_ids), digests)
        for done, shard in enumerate(found, start=1):
            advance(done, len(digests))
            if shard is not None:
                shards.append(shard)
    gone = {shard.digest for shard in shards}
    results = store.keys.results(inventory.keys)
    return Erasure(
        source_ids=tuple(sorted(source_ids)),
        shards=tuple(shards),
        key_paths=tuple(sorted(entry.path for entry, digest in results.items() if digest in gone)),
    )


def write_tombstone(store: Store, erasure: Erasure) -> str:
    """Write the stand-ins and the tombstone of what is to be erased, and return its id.

    Raises
    ------
    ObjectMissing, ObjectCorrupted, StoreUnwritable, StoreUnreachable
    """
    erased = tuple(_with_stand_in(store, shard) for shard in erasure.shards)
    return put_record(store.objects, Tombstone(source_ids=erasure.source_ids, erased=erased))


def erase(
    store: Store, erasure: Erasure, advance: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Remove what is to be erased. Its tombstone is in the ledger, and nobody else is at work in the store.

    Parameters
    ----------
    store
        The store.
    erasure
        What to remove.
    advance
        Called with the number of shards removed so far and to remove in all.

    Raises
    ------
    StoreUnwritable
        If the store lets nothing be removed.
    """
    total = len(erasure.shards)
    done = 0

    def on_removed(count: int) -> None:
        nonlocal done
        done += count
        advance(done, total)

    remove_files(store.backend, dead_marks(store.backend))
    remove_files(store.backend, erasure.key_paths)
    store.sweep()  # a writer that was killed may have left bytes of a photograph
    remove_files(store.backend, [object_path(shard.digest) for shard in erasure.shards], on_removed)


def _with_stand_in(store: Store, shard: HoldingShard) -> ErasedShard:
    redacted = None
    if shard.stage is not None:
        stand_in = redacted_shard(store.objects.get(shard.digest), shard.rows)
        redacted = store.objects.put(stand_in)
    return ErasedShard(
        object=shard.digest,
        redacted=redacted,
        stage=shard.stage,
        source_ids=shard.source_ids,
        rows=shard.rows,
    )
