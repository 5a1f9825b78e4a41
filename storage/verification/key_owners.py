"""Check that every entry of the key index points at the result of the work of its key.

An entry is a file of 64 digits that no hash protects: if it points at another checkpoint, the next training
finds that one. But nearly every key is a digest of facts that the result itself contains.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from shls_core.errors import NameUnknown, ObjectCorrupted, ObjectMissing
from storage.canonical import short
from storage.files.inventory import KeyEntry
from storage.files.readers import READERS
from storage.kinds import KEY_OF_RECORD, KeyKind, RecordKind, plans_key, shards_key, stage_of_shards_key
from storage.objects.objects import ObjectStore
from storage.records.checkpoints import CheckpointRecord, EvaluationRecord
from storage.records.links import Links, read_links
from storage.records.manifests import StageManifest, get_record
from storage.rows.stage_graph import STAGES
from storage.store import Store
from storage.verification.problems import WRONG_KEY, Problem
from storage.verification.stage_keys import StageKeys

_PLANS = {plans_key(stage): stage for stage in STAGES}


class KeyOwners:
    """Computes the key to which an object belongs."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._stages = StageKeys(objects)

    def key_of(self, kind: str, digest: str) -> str | None:
        """Return the key of an object as the result of a kind of work, or None if it cannot be computed.

        Raises
        ------
        NameUnknown
            If the object is not a result of that kind of work.
        ObjectMissing, ObjectCorrupted
        """
        if kind in STAGES:
            return self._stages.of_stage(kind, digest)
        if stage_of_shards_key(kind) in STAGES:
            return self._stages.of_shard(digest)
        if kind in _PLANS:  # the artifact does not say how many rows a shard was to have
            self._stages.of_stage(_PLANS[kind], digest)
            return None
        if kind == KeyKind.CHECKPOINTS:
            return get_record(self._objects, digest, CheckpointRecord).key
        if kind == KeyKind.EVALUATIONS:
            return get_record(self._objects, digest, EvaluationRecord).key
        if kind == KeyKind.VERDICT_OF_DATASET:
            return self._verdict(digest).needed[0]
        if kind == KeyKind.VERDICTS:  # old verdicts do not state by which bounds they were given
            self._verdict(digest)
            key = json.loads(self._objects.get(digest)).get("key")
            return str(key) if key else None
        return None

    def _verdict(self, digest: str) -> Links:
        links = read_links(self._objects, digest)
        if links is None or links.kind != RecordKind.VERDICT or not links.needed:
            raise NameUnknown(f"expected a verdict, got another kind of object: {short(digest)}…")
        return links


def key_problems(store: Store, entries: Iterable[KeyEntry]) -> list[Problem]:
    """Return the problems of entries of the key index; those without an object are reported elsewhere."""
    owners = KeyOwners(store.objects)
    with ThreadPoolExecutor(READERS) as readers:
        found = list(readers.map(partial(_problem, store, owners), entries))
    return [problem for problem in found if problem is not None]


def entries_about(store: Store, records: Iterable[tuple[str, str]]) -> Iterator[KeyEntry]:
    """Yield the entries of the index under the keys of some records, given by kind and digest.

    Of a stage, these are the entries of its artifact and of its shards.
    """
    owners = KeyOwners(store.objects)
    for kind, digest in records:
        if kind == RecordKind.STAGE:
            works = list(_works_of_stage(store, digest))
        else:
            own = KEY_OF_RECORD.get(kind)
            works = [(str(own), digest)] if own else []
        for work, result in works:
            try:
                key = owners.key_of(work, result)
            except (ObjectMissing, ObjectCorrupted):  # reported as such, and by their records
                continue
            if key and store.keys.get(work, key) is not None:
                yield KeyEntry(work, key)


def _works_of_stage(store: Store, digest: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of work that gave an artifact of a stage and its shards, each with its result."""
    manifest = get_record(store.objects, digest, StageManifest)
    if manifest.stage in STAGES:
        yield manifest.stage, digest
        for shard in manifest.shards:
            yield shards_key(manifest.stage), shard.digest


def _problem(store: Store, owners: KeyOwners, entry: KeyEntry) -> Problem | None:
    digest = store.keys.get(entry.kind, entry.key)
    if digest is None:
        return None
    try:
        key = owners.key_of(entry.kind, digest)
    except NameUnknown as error:
        return _wrong_key(entry, str(error))
    except ObjectMissing:
        return None
    except ObjectCorrupted as error:  # a damaged object is reported separately
        return _wrong_key(entry, f"expected a shard: {error}") if _is_whole(store.objects, digest) else None
    if key in (entry.key, None):
        return None
    return _wrong_key(
        entry, f"it points at {short(digest)}…, which is what another work gave: that of {short(key)}…"
    )


def _is_whole(objects: ObjectStore, digest: str) -> bool:
    try:
        return objects.verify(digest)
    except ObjectCorrupted:
        return False


def _wrong_key(entry: KeyEntry, what: str) -> Problem:
    return Problem(WRONG_KEY, entry.path, f"what was made of {entry.kind}", what)
