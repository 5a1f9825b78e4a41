"""An artifact that a plan led to before, found again without planning its rows.

The rows of a stage follow from the artifacts that it reads, how it is made, and how many rows a shard has. So
a build keeps its artifact under the digest of these; where all of them are the same again, and every shard
exists, neither a plan nor a build has to look at a row: an unchanged million costs as much as its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import TypeVar, overload

from shls_core.errors import NameUnknown, ObjectMissing
from storage.canonical import digest_json
from storage.files.inventory import take_inventory
from storage.files.readers import READERS
from storage.kinds import plans_key
from storage.records.manifests import SCHEMA_VERSION, StageManifest, get_record
from storage.store import Store
from tasks.planning.making import Making
from tasks.planning.planned_in_parts import plans_from_store_alone
from tasks.planning.stage_plan import PlannedShard, StagePlan, WantedRows
from tasks.stages.stage import Stage

_ASKED_ONE_BY_ONE = 1000

Item = TypeVar("Item")
Found = tuple[str, StageManifest]


def found_artifact(
    store: Store,
    stage: Stage,
    inputs: Mapping[str, Found],
    rows_per_shard: int,
    is_whole: Callable[[str], bool],
) -> Found | None:
    """Return the artifact that the same plan led to before, if all of its shards exist.

    Parameters
    ----------
    store
        Where to look.
    stage
        The stage.
    inputs
        The artifact of each stage that it reads.
    rows_per_shard
        See `StagingConfig`.
    is_whole
        Whether an object exists and can be used, by its digest.
    """
    making = Making.of(stage)
    key = _key(stage, making, inputs, rows_per_shard)
    artifact = store.keys.get(plans_key(stage.name), key) if key else None
    if artifact is None:
        return None
    try:
        manifest = get_record(store.objects, artifact, StageManifest)
    except (ObjectMissing, NameUnknown):
        return None
    # The entry is a file that no hash protects; the manifest says itself how it was made and from what.
    contents = {name: read.content_digest for name, (_, read) in inputs.items()}
    if manifest != manifest.model_copy(update={**making.facts, "inputs": contents}):
        return None
    with ThreadPoolExecutor(READERS) as readers:
        are_whole = all(readers.map(is_whole, [shard.digest for shard in manifest.shards]))
    return (artifact, manifest) if are_whole else None


def keep_artifact(
    store: Store, stage: Stage, inputs: Mapping[str, Found], rows_per_shard: int, artifact: str
) -> None:
    """Note to which artifact a plan led."""
    key = _key(stage, Making.of(stage), inputs, rows_per_shard)
    if key and store.keys.get(plans_key(stage.name), key) != artifact:
        store.keys.put(plans_key(stage.name), key, artifact)


def plan_of_found(stage: Stage, found: Found, plan_rows: Callable[[], StagePlan]) -> StagePlan:
    """Return the plan of a stage whose artifact was found; its rows are planned if somebody asks for them."""
    planned = cache(plan_rows)
    shards = tuple(
        PlannedShard(None, Later(ref.rows, lambda number=number: planned().shards[number].rows), ref)  # type: ignore[misc]
        for number, ref in enumerate(found[1].shards)
    )
    wanted = WantedRows(Later(found[1].rows, lambda: planned().wanted.rows))
    return StagePlan(stage, Making.of(stage), wanted, shards, found)


def existing_objects(store: Store) -> Callable[[str], bool]:
    """Return a function that returns whether an object exists.

    The first thousand are asked for one by one; for more, all objects are listed once.
    """
    asked = 0
    listing = Lock()

    @cache
    def listed() -> frozenset[str]:
        return frozenset(take_inventory(store.backend, "objects").objects)

    def exists(digest: str) -> bool:
        nonlocal asked
        asked += 1
        if asked <= _ASKED_ONE_BY_ONE:
            return store.objects.exists(digest)
        with listing:  # several readers ask at once, and one of them lists
            objects = listed()
        return digest in objects

    return exists


class Later(Sequence[Item]):
    """A sequence of known length whose items are made when somebody looks at one."""

    def __init__(self, length: int, make: Callable[[], Sequence[Item]]) -> None:
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Item]:
        return iter(self._make())

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        return self._make()[place]


def _key(stage: Stage, making: Making, inputs: Mapping[str, Found], rows_per_shard: int) -> str | None:
    if not inputs or not plans_from_store_alone(stage):
        return None
    read = {name: artifact for name, (artifact, _) in inputs.items()}
    return digest_json([SCHEMA_VERSION, making.digest, rows_per_shard, read])
