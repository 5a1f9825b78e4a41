"""From what a person types to the thing that is meant: of any kind, down to a row or a file on disk."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import InputError, NameUnknown
from storage.kinds import SCORES
from storage.lineage.arrays import string
from storage.lineage.graph import CHECKPOINT, DATASET, KINDS, MASK, PHOTOGRAPH, RUN, SAMPLE, SHARD, STAGE
from storage.lineage.history import History
from storage.references import begins_an_id, meant_by_name
from storage.rows.schemas import INGEST, SALIENCY, SEQUENCES

_ASKED_FOR = tuple(kind for kind in KINDS if kind != RUN)
_RECORDS = (DATASET, STAGE, CHECKPOINT, *SCORES)
_ID_DIGITS = 64


class Subject(NamedTuple):
    """A thing that can be asked about; of a mask, `id` is its sample id."""

    kind: str
    id: str


def find_subject(history: History, reference: str) -> Subject:
    """Return what is meant by a reference of any kind.

    It is looked for in this order, and the first that has it decides: names of datasets; objects of the
    store; rows; a file on disk; file names noted of photographs. Where a photograph and its mask have one id,
    the photograph is meant. ``KIND:REF`` looks for things of that kind alone.

    Parameters
    ----------
    history
        Of the store.
    reference
        A name, an id or at least its first six digits, a file name, or the path of an image file.

    Raises
    ------
    NameUnknown
        If nothing, or more than one thing, is meant.
    """
    kind, wanted = _kind_and_reference(reference)
    for looked_up in (_named, _objects, _rows, _file, _noted):
        found = [one for one in looked_up(history, wanted) if kind in (None, one.kind)]
        if found:
            return _only(
                [one for one in found if Subject(PHOTOGRAPH, one.id) not in found or one.kind != MASK],
                reference,
            )
    what = kind or "dataset, checkpoint, score, stage, shard, sample, mask or photograph"
    raise NameUnknown(f"expected the name, id or file of a {what} in this store, got {reference!r}")


def find_photograph(history: History, reference: str) -> str:
    """Return the image id that is meant by the path of a file, an id or its beginning, or a noted file name.

    A file on disk, and a whole id, may be one that the store has never seen.

    Raises
    ------
    NameUnknown
        If no photograph, or more than one, is meant.
    InputError
        If the file cannot be read.
    """
    kind, wanted = _kind_and_reference(reference)
    if kind not in (None, PHOTOGRAPH):
        raise NameUnknown(f"expected a photograph, got a {kind}: {reference}")
    for looked_up in (_file, _photographs, _noted):
        if found := list(looked_up(history, wanted)):
            return _only(found, reference).id
    for other in (*_named(history, wanted), *_objects(history, wanted)):
        raise NameUnknown(f"expected a photograph, got a {other.kind}: {reference}")
    if re.fullmatch(rf"[0-9a-f]{{{_ID_DIGITS}}}", wanted):
        return wanted
    raise NameUnknown(
        f"expected a photograph: an image file, an id or its first digits, or a file name that a dataset in "
        f"this store notes, got {reference!r}"
    )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file: of an image file, the id of the photograph.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"expected an image file that can be read at {path}: {error.strerror}") from error


def _kind_and_reference(reference: str) -> tuple[str | None, str]:
    kind, colon, rest = reference.partition(":")
    return (kind, rest) if colon and kind in _ASKED_FOR else (None, reference)


def _only(found: list[Subject], reference: str) -> Subject:
    distinct = sorted(set(found))
    if len(distinct) > 1:
        some = ", ".join(f"{kind} {digest[:12]}…" for kind, digest in distinct[:3])
        more = ", …" if len(distinct) > 3 else ""
        raise NameUnknown(f"expected one thing, got {reference}, which means {len(distinct)}: {some}{more}")
    return distinct[0]


def _named(history: History, reference: str) -> list[Subject]:
    digest = meant_by_name(history.store, reference)
    return [] if digest is None else [Subject(DATASET, digest)]


def _objects(history: History, reference: str) -> list[Subject]:
    """Return what objects with this id, or beginning of one, are; also those that are known to be gone."""
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
    said = history.records.get(digest)
    if said is not None:
        return [Subject(said["kind"], digest)] if said.get("kind") in _RECORDS else []
    if digest in history.stage_of_shard:
        return [Subject(SHARD, digest)]
    checkpoints = history.records.of_kind(CHECKPOINT)
    return [Subject(CHECKPOINT, one) for one, record in checkpoints.items() if record["weights"] == digest]


def _rows(history: History, reference: str) -> list[Subject]:
    if not begins_an_id(reference):
        return []
    kinds = {INGEST: PHOTOGRAPH, SALIENCY: MASK, SEQUENCES: SAMPLE}
    found = []
    for stage, kind in kinds.items():
        rows = _beginning_with(history.every_row(stage), "sample_id", reference)
        # The id of a second file with the bytes of a photograph means that photograph.
        found += _subjects(kind, pc.list_flatten(rows["image_ids"]) if stage == INGEST else rows["sample_id"])
    return found


def _photographs(history: History, reference: str) -> list[Subject]:
    return [one for one in _rows(history, reference) if one.kind == PHOTOGRAPH]


def _file(history: History, reference: str) -> list[Subject]:
    path = Path(reference)
    try:
        is_file = path.is_file()
    except OSError:  # too long to be a path, or in a folder of somebody else's
        is_file = False
    return [Subject(PHOTOGRAPH, file_digest(path))] if is_file else []


def _noted(history: History, reference: str) -> list[Subject]:
    rows = history.every_row(INGEST)
    named = rows.filter(pc.equal(rows["file_name"], string(reference)))
    return _subjects(PHOTOGRAPH, pc.list_flatten(named["image_ids"]))


def _beginning_with(rows: pa.Table, column: str, beginning: str) -> pa.Table:
    return rows.filter(pc.starts_with(rows[column], beginning))


def _subjects(kind: str, ids: pa.ChunkedArray) -> list[Subject]:
    return [Subject(kind, one) for one in pc.unique(ids).to_pylist()]
