"""Garbage collection: remove what no name, no checkpoint and no unfinished work can reach.

The store is consistent at every moment. The names table first records which datasets are removed. Then the
key entries that point at removed objects are removed, then the objects, each after the objects that name it.
A garbage collection that is killed leaves a store without problems for `verify`, and the next one resumes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shls_core.errors import ObjectMissing
from storage.canonical import short
from storage.files.inventory import take_inventory
from storage.files.jobs import dead_marks
from storage.files.removal import remove_files
from storage.kinds import KeyKind, RecordKind, plans_key, shards_key
from storage.objects.objects import object_path
from storage.objects.training_states import training_states
from storage.records.links import Links, all_links, by_distance, reachable
from storage.records.tombstones import tombstone_ids
from storage.rows.source_pages import stale_pages
from storage.rows.stage_graph import STAGES
from storage.store import Store
from storage.tables.append_only import Row
from storage.tables.names import TAGGED
from storage.withdrawal.erased_links import links_with_stand_ins

# Work that can be repeated from the photographs. Any other entry of the key index, for example of weights,
# keeps its object.
_STAGING_KEYS = frozenset(
    (*STAGES, *map(shards_key, STAGES), *map(plans_key, STAGES), KeyKind.VERDICTS, KeyKind.VERDICT_OF_DATASET)
)
# Records that are kept only while something refers to them: a name, a checkpoint, an entry of the ledger.
_WITH_A_ROOT = frozenset((RecordKind.DATASET, RecordKind.STAGE, RecordKind.VERDICT, RecordKind.TOMBSTONE))


@dataclass(frozen=True)
class Collection:
    """What a garbage collection removes, in the order of removal."""

    namings: tuple[Row, ...]
    """Versions of names whose datasets are removed."""
    key_paths: tuple[str, ...]
    state_paths: tuple[str, ...]
    """States of training runs that are finished, or whose dataset is removed."""
    objects: tuple[tuple[str, ...], ...]
    """In groups: every object that names another one is in an earlier group."""
    datasets: tuple[str, ...]
    """Ids of the datasets among them."""
    num_bytes: int
    num_kept: int
    """Number of objects that are kept."""
    num_bytes_kept: int
    page_paths: tuple[str, ...] = ()
    """Pages of sources of artifacts that are removed."""

    @property
    def num_objects(self) -> int:
        """Number of objects to remove."""
        return sum(map(len, self.objects))


def plan_collection(store: Store, keep: int, keep_tagged: bool = True) -> Collection:
    """Decide what to remove.

    Parameters
    ----------
    store
        The store; it is not changed.
    keep
        Number of versions of every name, counted from the last, whose datasets are kept; at least 1.
    keep_tagged
        Whether the dataset of every version that was given by `Names.tag` is kept, too.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If an object to keep is damaged: what the damaged part depends on cannot be known.
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
        page_paths=tuple(
            stale_pages(store.backend, [one.needed for digest, one in links.items() if digest in kept])
        ),
    )


def collect(
    store: Store, collection: Collection, advance: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Remove what was planned; no other job may run in the store.

    Parameters
    ----------
    store
        The store.
    collection
        The plan of `plan_collection`; nobody may have written to the store since.
    advance
        Called with the number of objects removed so far, and in total.
    """
    for row in collection.namings:
        store.names.mark_removed(row)
    remove_files(store.backend, dead_marks(store.backend))
    remove_files(store.backend, collection.key_paths)
    remove_files(store.backend, collection.state_paths)
    remove_files(store.backend, collection.page_paths)
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
    """Return the states of training runs that nobody can resume, or needs to resume."""
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
