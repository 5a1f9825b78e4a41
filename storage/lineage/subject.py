"""Resolve a user's reference to a thing of any kind, down to a row or a file on disk."""

from typing import NamedTuple

import pyarrow.compute as pc

from shls_core.errors import NameUnknown
from storage.canonical import short
from storage.kinds import SCORES
from storage.lineage.graph import CHECKPOINT, DATASET, KINDS, MASK, RUN, SAMPLE, SHARD, SOURCES, STAGE
from storage.lineage.history import History
from storage.lineage.row_nodes import stages_with
from storage.references import begins_an_id, meant_by_name
from storage.rows.source_kinds import SAMPLE_STAGES, noun_for

_ASKED_FOR = tuple(kind for kind in KINDS if kind != RUN)
_RECORDS = (DATASET, STAGE, CHECKPOINT, *SCORES)


class Subject(NamedTuple):
    """A thing that has a lineage; the `id` of a mask is its sample id."""

    kind: str
    id: str


def find_subject(history: History, reference: str) -> Subject:
    """Return the thing that a reference of any kind means.

    The search has this order, and the first step with a match decides: names of datasets; objects of the
    store; rows and sources, to which a file on disk or a recorded file name may also refer (see
    `storage.withdrawal.which_source`). If a photograph and its mask share an id, the photograph is meant.
    ``KIND:REF`` searches only for things of that kind.

    Parameters
    ----------
    history
        Of the store.
    reference
        A name, an id or at least its first six digits, a file name, or the path of an image file or a film.

    Raises
    ------
    NameUnknown
        If the reference means nothing, or more than one thing.
    """
    kind, wanted = _kind_and_reference(reference)
    for search in (_named, _objects, _rows):
        found = [one for one in search(history, wanted) if kind in (None, one.kind)]
        if found:
            return _only(
                [
                    one
                    for one in found
                    if one.kind != MASK or not any(_is_source(one.id, other) for other in found)
                ],
                reference,
            )
    what = kind or "dataset, checkpoint, score, stage, shard, sample, mask, photograph or video"
    raise NameUnknown(f"expected the name, id or file of a {what} in this store, got {reference!r}")


def find_source(history: History, reference: str) -> str:
    """Return the id of a source for the path of a file, an id or its beginning, or a recorded file name.

    A file on disk, or a complete id, may be unknown to the store.

    Raises
    ------
    NameUnknown
        If the reference means no source, or more than one.
    InputError
        If the file cannot be read.
    """
    kind, wanted = _kind_and_reference(reference)
    noun = noun_for(history.sources.nouns)
    if kind not in (None, *SOURCES):
        raise NameUnknown(f"expected a {noun}, got a {kind}: {reference}")
    if not history.sources.meant_by(wanted):
        for other in (*_named(history, wanted), *_objects(history, wanted)):
            raise NameUnknown(f"expected a {noun}, got a {other.kind}: {reference}")
    return history.sources.resolve(reference)


def _kind_and_reference(reference: str) -> tuple[str | None, str]:
    kind, colon, rest = reference.partition(":")
    return (kind, rest) if colon and kind in _ASKED_FOR else (None, reference)


def _only(found: list[Subject], reference: str) -> Subject:
    distinct = sorted(set(found))
    if len(distinct) > 1:
        some = ", ".join(f"{kind} {short(digest)}…" for kind, digest in distinct[:3])
        more = ", …" if len(distinct) > 3 else ""
        raise NameUnknown(
            f"expected one thing, got {reference}, which means {len(distinct)}: {some}{more}; give the id"
        )
    return distinct[0]


def _named(history: History, reference: str) -> list[Subject]:
    digest = meant_by_name(history.store, reference)
    return [] if digest is None else [Subject(DATASET, digest)]


def _objects(history: History, reference: str) -> list[Subject]:
    """Return the objects with this id or beginning of an id, including those known to be gone."""
    if not begins_an_id(reference):
        return []
    there = history.store.objects.find(reference)
    found = [subject for digest in there for subject in _what_object(history, digest)]
    gone = dict.fromkeys((one for one in history.removed_at if one.startswith(reference)), DATASET)
    gone |= history.runs.made(reference)
    return found + [
        Subject(kind, digest) for digest, kind in gone.items() if kind in _RECORDS and digest not in there
    ]


def _what_object(history: History, digest: str) -> list[Subject]:
    content = history.records.get(digest)
    if content is not None:
        return [Subject(content["kind"], digest)] if content.get("kind") in _RECORDS else []
    if digest in history.stage_of_shard:
        return [Subject(SHARD, digest)]
    checkpoints = history.records.of_kind(CHECKPOINT)
    return [Subject(CHECKPOINT, one) for one, record in checkpoints.items() if record["weights"] == digest]


def _rows(history: History, reference: str) -> list[Subject]:
    """Return the sources, masks and samples that the reference may mean."""
    sources = [Subject(history.sources.part(one), one) for one in history.sources.meant_by(reference)]
    return sources + (_masks_and_samples(history, reference) if begins_an_id(reference) else [])


def _masks_and_samples(history: History, reference: str) -> list[Subject]:
    found = []
    for kind, stages in {MASK: stages_with(MASK), SAMPLE: SAMPLE_STAGES}.items():
        for stage in stages:
            rows = history.every_row(stage)
            beginning = rows.filter(pc.starts_with(rows["sample_id"], reference))
            found += [Subject(kind, one) for one in pc.unique(beginning["sample_id"]).to_pylist()]
    return found


def _is_source(part_id: str, other: Subject) -> bool:
    return other.kind in SOURCES and other.id == part_id
