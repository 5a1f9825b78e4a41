"""Dependencies between objects: from records to every object that they name.

A record names objects by digest. It is incomplete without some of them: a dataset without its stages, a stage
without its shards. Any other digest in a record, of code or of an environment, counts if an object of that
name is in the store: so a record of an unknown kind keeps everything it names.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from storage.files.readers import READERS
from storage.kinds import NEEDED_FIELDS
from storage.objects.objects import ObjectStore

_DIGEST = re.compile(r"[0-9a-f]{64}")
RECORD_STARTS_WITH = b"{"


@dataclass(frozen=True)
class Links:
    """What one record names."""

    kind: str | None
    """The kind of record; None for JSON without a kind."""
    needed: tuple[str, ...]
    """Digests of the objects without which it is incomplete."""
    code: tuple[str, ...]
    """Digests of the code that made it."""
    named: frozenset[str]
    """Every digest in it: of the objects it needs, of others, and of things that are not objects."""


def links_of(data: bytes) -> Links | None:
    """Return what the record in `data` names, or None for an object that is not a record."""
    if not data.startswith(RECORD_STARTS_WITH):
        return None
    try:
        record: Any = json.loads(data)
        digests = frozenset(_digests(record))
    except (ValueError, RecursionError):
        return None
    kind = record.get("kind")
    fields = (record.get(field) for field in NEEDED_FIELDS.get(kind if isinstance(kind, str) else "", ()))
    needed = tuple(dict.fromkeys(digest for field in fields for digest in _digests(field)))
    return Links(
        kind=kind if isinstance(kind, str) else None,
        needed=needed,
        code=tuple(_digests(record.get("code_digest"))),
        named=digests,
    )


def read_links(objects: ObjectStore, digest: str) -> Links | None:
    """Return what a stored record names, or None for an object that is not a record.

    Only one byte is read of an object that is not a record.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    """
    if objects.first_byte(digest) != RECORD_STARTS_WITH:
        return None
    return links_of(objects.get(digest))


def all_links(objects: ObjectStore, present: Iterable[str]) -> dict[str, Links]:
    """Return what every record among the objects `present` names.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
        If a record is damaged: what it named cannot be known.
    """
    digests = list(present)
    with ThreadPoolExecutor(READERS) as readers:
        read = readers.map(lambda digest: read_links(objects, digest), digests)
        return {digest: links for digest, links in zip(digests, read, strict=True) if links is not None}


def reachable(roots: Iterable[str], links: Mapping[str, Links], present: Collection[str]) -> set[str]:
    """Return those objects of the store that can be reached from `roots`.

    Parameters
    ----------
    roots
        Digests to begin with.
    links
        What each record names; any other object names nothing.
    present
        The digests of all objects in the store.
    """
    found: set[str] = set()
    waiting = [root for root in roots if root in present]
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            waiting += [named for named in _named(links, digest) if named in present]
    return found


def by_distance(digests: Collection[str], links: Mapping[str, Links]) -> list[list[str]]:
    """Return `digests` in groups: every object that names another one is in an earlier group."""
    chosen = set(digests)
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(chosen, ()))
    for digest in chosen:
        for named in _named(links, digest) & chosen:
            order.add(named, digest)
    order.prepare()
    groups = []
    while order.is_active():
        ready = order.get_ready()
        order.done(*ready)
        groups.append(sorted(ready))
    return groups


def _named(links: Mapping[str, Links], digest: str) -> frozenset[str]:
    return links[digest].named if digest in links else frozenset()


def _digests(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value that looks like a digest, including keys of mappings."""
    if isinstance(value, str):
        if _DIGEST.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _digests(key)
            yield from _digests(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _digests(inner)
