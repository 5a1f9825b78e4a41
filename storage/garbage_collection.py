"""Collecting garbage: removing what no name, no checkpoint and no work that goes on can reach.

At every moment of it the store is whole. What goes is first written down beside its name, then the key
entries that point at it go, then the objects, each after whatever names it: a collection that is killed
leaves a store that `verify` finds nothing wrong with, and the next one goes on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shls_core.errors import ObjectMissing
from storage.canonical import short
from storage.files.inventory import take_inventory
from storage.files.jobs import dead_marks
from storage.files.removal import remove_files
from storage.kinds import KeyKind, RecordKind, shards_key
from storage.objects.objects import object_path
from storage.objects.training_states import training_states
from storage.records.links import Links, all_links, by_distance, reachable
from storage.records.tombstones import tombstone_ids
from storage.rows.stage_graph import STAGES
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.names import TAGGED
from storage.withdrawal.erased_links import links_with_stand_ins

# Work that can be done again from the photographs. Any other entry of the key index, of weights for one,
# keeps what it points at.
_STAGING_KEYS = frozenset((*STAGES, *map(shards_key, STAGES), KeyKind.VERDICTS, KeyKind.VERDICT_OF_DATASET))
# Records that stay only with what keeps them: a name, a checkpoint, an entry of the ledger.
_WITH_A_ROOT = frozenset((RecordKind.DATASET, RecordKind.STAGE, RecordKind.VERDICT, RecordKind.TOMBSTONE))


@dataclass(frozen=True)
class Collection:
    """What a collection removes, in the order in which it does."""

    namings: tuple[Row, ...]
    """Versions of names whose datasets go."""
    key_paths: tuple[str, ...]
    state_paths: tuple[str, ...]
    """States of training runs that are over, or whose dataset goes."""
    objects: tuple[tuple[str, ...], ...]
    """In groups: whatever names an object goes with a group before the object's."""
    datasets: tuple[str, ...]
    """Ids of the datasets among them."""
    num_bytes: int
    num_kept: int
    """Objects that stay."""
    num_bytes_kept: int

    @property
    def num_objects(self) -> int:
        """Number of objects that go."""
        return sum(map(len, self.objects))


def plan_collection(store: Store, keep: int, keep_tagged: bool = True) -> Collection:
    """Decide what is to go.

    Parameters
    ----------
    store
        The store; nothing in it is changed.
    keep
        Number of versions of every name, counted from the last, whose datasets stay; at least 1.
    keep_tagged
        Whether the dataset of every version that was given by `Names.tag` stays, too.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If what is to stay is damaged: what hung on the damaged part cannot be known.
    """
    inventory = take_inventory(store.backend)
    present = inventory.objects
    links = links_with_stand_ins(all_links(store.objects, present), store.erased(), present)
    results = store.keys.results(inventory.keys)
    namings = store.names.rows()
    roots = {
        *_named_datasets(namings, keep, keep_tagged),
        *(digest for entry, digest in results.items() if digest and entry.kind not in _STAGING_KEYS),
        *(digest for digest, record in links.items() if record.kind and record.kind not in _WITH_A_ROOT),
        *tombstone_ids(store.ledger),
    }
    kept = reachable(roots, links, present)
    verdicts = {digest for digest, record in links.items() if record.kind == RecordKind.VERDICT}
    kept |= {digest for digest in verdicts if kept.issuperset(links[digest].needed)}
    _refuse_damaged(kept, links, present)

    gone = present.keys() - kept
    return Collection(
        namings=tuple(row for row in namings if row["digest"] in gone),
        key_paths=tuple(sorted(entry.path for entry, digest in results.items() if digest not in kept)),
        state_paths=_states_to_go(store, kept),
        objects=tuple(map(tuple, by_distance(gone, links))),
        datasets=tuple(
            sorted(digest for digest in gone if digest in links and links[digest].kind == RecordKind.DATASET)
        ),
        num_bytes=sum(present[digest] for digest in gone),
        num_kept=len(kept),
        num_bytes_kept=sum(present[digest] for digest in kept),
    )


def collect(
    store: Store, collection: Collection, advance: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Remove what was decided on; nobody else may be at work in the store.

    Parameters
    ----------
    store
        The store.
    collection
        What `plan_collection` said of it, since when nobody has written to it.
    advance
        Called with the number of objects removed so far and to remove in all.
    """
    for row in collection.namings:
        store.names.mark_removed(row)
    remove_files(store.backend, dead_marks(store.backend))
    remove_files(store.backend, collection.key_paths)
    remove_files(store.backend, collection.state_paths)
    store.sweep()
    done = 0

    def on_removed(count: int) -> None:
        nonlocal done
        done += count
        advance(done, collection.num_objects)

    on_removed(0)
    for group in collection.objects:
        remove_files(store.backend, list(map(object_path, group)), on_removed)


def _named_datasets(namings: Sequence[Row], keep: int, keep_tagged: bool) -> Iterable[str]:
    assert keep >= 1, "a name without its last version would mean nothing"
    versions: dict[str, list[Row]] = {}
    for row in namings:
        versions.setdefault(row["name"], []).append(row)
    last = (row for rows in versions.values() for row in rows[-keep:])
    tagged = (row for row in namings if keep_tagged and row["kind"] == TAGGED)
    return (str(row["digest"]) for row in (*last, *tagged))


def _states_to_go(store: Store, kept: set[str]) -> tuple[str, ...]:
    """Return the training runs' states that nobody can go on from, or has to."""
    return tuple(
        state.path
        for state in sorted(training_states(store.backend))
        if state.dataset not in kept or store.keys.get(KeyKind.CHECKPOINTS, state.key) in kept
    )


def _refuse_damaged(kept: set[str], links: Mapping[str, Links], present: Mapping[str, int]) -> None:
    for digest in sorted(kept & links.keys()):
        for needed in links[digest].needed:
            if needed not in present:
                raise ObjectMissing(
                    f"expected object {short(needed)}…, which {links[digest].kind} {short(digest)}… is made "
                    "of, found none: nothing was removed; `shls dataset verify` tells what is damaged"
                )
