"""The scope of an audit: a whole store, or one artifact and everything it depends on."""

from collections.abc import Iterator

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.kinds import SCORES, KeyKind, RecordKind
from storage.objects.objects import ObjectStore
from storage.records.links import read_links
from storage.store import Store

AUDITABLE = (RecordKind.DATASET, RecordKind.CHECKPOINT, *SCORES)
"""The kinds of record that can be audited by themselves."""


def roots_of(store: Store, artifact: str) -> tuple[str, ...]:
    """Return the digests to begin with: the artifact, and the verdict on every dataset it depends on."""
    verdicts = (
        store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset)
        for dataset in _datasets_below(ObjectStore(store.backend), artifact)
    )
    return tuple(dict.fromkeys((artifact, *(verdict for verdict in verdicts if verdict))))


def _datasets_below(objects: ObjectStore, artifact: str) -> Iterator[str]:
    waiting = [artifact]
    while waiting:
        digest = waiting.pop()
        try:
            links = read_links(objects, digest)
        except (ObjectMissing, ObjectCorrupted):  # reported when the audit itself reads it
            continue
        if links is not None and links.kind == RecordKind.DATASET:
            yield digest
        elif links is not None and links.kind in AUDITABLE:
            waiting += links.needed
