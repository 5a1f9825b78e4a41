"""Erase photographs from a store: their bytes, and every row that was made from them.

The order is: write a stand-in for every shard with such a row; write the tombstone; append the entry of the
ledger that names it (the caller does this); remove the key entries that point at the shards; remove the
shards. If a purge ends before the entry, it has erased nothing, and garbage collection removes what it wrote.
If it ends after the entry, the same purge resumes with the remaining shards, and until then `verify` reports
it as unfinished.
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
from storage.sources.index import remove_indexes
from storage.store import Store
from storage.withdrawal.source_rows import HoldingShard, holding_shard, redacted_shard


@dataclass(frozen=True)
class Erasure:
    """What is to be erased."""

    source_ids: tuple[str, ...]
    shards: tuple[HoldingShard, ...]
    """Every shard in the store with a row of any of the photographs, even if nothing names it."""
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
    """Find everything that contains bytes of some photographs, or was made from them.

    Parameters
    ----------
    store
        The store; it is not changed.
    source_ids
        Ids of the photographs.
    advance
        Called with the number of objects examined so far, and in total.

    Raises
    ------
    ObjectCorrupted
        If a shard cannot be read: its content cannot be known.
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
    """Remove what is to be erased. The ledger must name its tombstone, and no other job may run in the store.

    Parameters
    ----------
    store
        The store.
    erasure
        What to remove.
    advance
        Called with the number of shards removed so far, and in total.

    Raises
    ------
    StoreUnwritable
        If the store refuses the removal.
    """
    total = len(erasure.shards)
    done = 0

    def on_removed(count: int) -> None:
        nonlocal done
        done += count
        advance(done, total)

    remove_files(store.backend, dead_marks(store.backend))
    remove_files(store.backend, erasure.key_paths)
    remove_indexes(store.backend)  # they hold the names of files
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
