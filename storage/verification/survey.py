"""Read objects, each once: first records, for the objects they name, then everything else, in parallel."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pydantic import ValidationError

from shls_core.errors import ObjectCorrupted, ObjectMissing
from shls_core.frozen import first_problem
from storage.canonical import short
from storage.files.readers import SHARD_READERS
from storage.kinds import RecordKind
from storage.objects.objects import ObjectStore
from storage.records.links import RECORD_STARTS_WITH, Links, links_of
from storage.records.manifests import DatasetManifest, ShardRef, StageManifest
from storage.records.tombstones import Erased
from storage.verification.problems import DAMAGED, DISAGREES, MISSING
from storage.verification.shards import ShardDisagrees, ShardRows, verified_rows

Fault = tuple[str, str, str]
"""Kind of problem, digest of the object, what is wrong."""
Claim = tuple[str, ShardRef, Mapping[str, str | None] | None]
"""Stage of a shard, its reference in the manifest; for a stand-in, the erased rows in its tombstone."""


@dataclass
class Survey:
    """What was found while objects were read."""

    sizes: dict[str, int] = field(default_factory=dict)
    """Size in bytes of every object that was read completely."""
    faults: list[Fault] = field(default_factory=list)
    links: dict[str, Links] = field(default_factory=dict)
    """What each record names."""
    datasets: dict[str, DatasetManifest] = field(default_factory=dict)
    stages: dict[str, StageManifest] = field(default_factory=dict)
    rows: dict[tuple[str, ShardRef], ShardRows] = field(default_factory=dict)
    """Rows of every shard that agrees with its manifest, by its stage and its reference in the manifest; for
    a shard that was erased on request, the rows in its tombstone and its stand-in together."""
    erased: set[str] = field(default_factory=set)
    """Shards that are missing because they were erased on request."""

    def part_of(self) -> dict[str, str]:
        """Describe what each object belongs to."""
        parts: dict[str, str] = {}
        for dataset, manifest in self.datasets.items():
            for stage, artifact in manifest.stages.items():
                parts.setdefault(artifact, f"dataset {short(dataset)}… ({stage}, its manifest)")
                for shard in self.stages[artifact].shards if artifact in self.stages else ():
                    parts.setdefault(shard.digest, f"dataset {short(dataset)}… ({stage}, a shard)")
        for artifact, stage_manifest in self.stages.items():
            for shard in stage_manifest.shards:
                parts.setdefault(shard.digest, f"{stage_manifest.stage} {short(artifact)}… (a shard)")
        for record, links in self.links.items():
            for needed in links.needed:
                parts.setdefault(needed, f"{links.kind} {short(record)}…")
            parts.setdefault(record, f"itself, a {links.kind or 'record'}")
        return parts


def survey_objects(
    objects: ObjectStore,
    roots: Iterable[str],
    with_rows: bool,
    advance: Callable[[int, int], None] = lambda done, total: None,
    erased: Mapping[str, Erased] | None = None,
) -> Survey:
    """Hash `roots` and every object that they need, and read records and rows.

    Parameters
    ----------
    objects
        Where they are.
    roots
        Digests to begin with.
    with_rows
        Whether the rows of shards are read and checked.
    advance
        Called with the number of objects hashed so far, and in total.
    erased
        What was erased on request; instead of such an object, its stand-in is read.
    """
    survey = Survey()
    erased = erased or {}
    with ThreadPoolExecutor(SHARD_READERS) as readers:
        leaves = _read_records(survey, objects, roots, readers, erased)
        claims = _claims(survey, erased) if with_rows else {}
        done = len(survey.sizes)
        total = done + len(leaves)

        def read(digest: str) -> tuple[int, list[Fault], Mapping[tuple[str, ShardRef], ShardRows]]:
            return _read_leaf(objects, digest, claims.get(digest, ()))

        for digest, (size, faults, rows) in zip(leaves, readers.map(read, leaves), strict=True):
            survey.sizes[digest] = size
            survey.faults += faults
            survey.rows |= rows
            done += 1
            advance(done, total)
    return survey


def _read_records(
    survey: Survey,
    objects: ObjectStore,
    roots: Iterable[str],
    readers: ThreadPoolExecutor,
    erased: Mapping[str, Erased],
) -> list[str]:
    """Follow records from `roots` and return the digests of the other objects that were found."""
    leaves: list[str] = []
    seen: set[str] = set()
    waiting = list(dict.fromkeys(roots))
    while waiting:
        seen.update(waiting)
        named: list[str] = []
        for digest, found in zip(
            waiting, readers.map(lambda each: _peek(objects, each), waiting), strict=True
        ):
            if found is None:
                leaves.append(digest)
            elif isinstance(found, bytes):
                survey.sizes[digest] = len(found)
                named += _note_record(survey, objects, digest, found)
            elif found[0] == MISSING and digest in erased:
                survey.erased.add(digest)
                named += filter(None, [erased[digest].redacted])
            else:
                survey.faults.append(found)
        waiting = [digest for digest in dict.fromkeys(named) if digest not in seen]
    return leaves


def _peek(objects: ObjectStore, digest: str) -> bytes | Fault | None:
    """Return the bytes of a record, what is wrong with it, or None for another kind of object."""
    try:
        if objects.first_byte(digest) != RECORD_STARTS_WITH:
            return None
        return objects.get(digest)
    except ObjectMissing:
        return MISSING, digest, "it is not in the store"
    except ObjectCorrupted:
        return DAMAGED, digest, _CHANGED


def _note_record(survey: Survey, objects: ObjectStore, digest: str, data: bytes) -> list[str]:
    """Add a record to the survey, and return the objects it depends on."""
    links = links_of(data)
    if links is None:
        return []
    survey.links[digest] = links
    try:
        if links.kind == RecordKind.DATASET:
            survey.datasets[digest] = DatasetManifest.model_validate_json(data)
        elif links.kind == RecordKind.STAGE:
            survey.stages[digest] = StageManifest.model_validate_json(data)
    except ValidationError as error:
        survey.faults.append((DISAGREES, digest, f"it is no {links.kind} manifest: {first_problem(error)}"))
        return []
    # A digest of code is the name of an object only if the digests of its modules were stored.
    return [*links.needed, *(code for code in links.code if objects.size(code) is not None)]


def _claims(survey: Survey, erased: Mapping[str, Erased]) -> dict[str, list[Claim]]:
    """Return what manifests state about each shard, or about its stand-in."""
    claims: dict[str, list[Claim]] = {}
    for manifest in survey.stages.values():
        for ref in manifest.shards:
            before = erased[ref.digest] if ref.digest in survey.erased else None
            place = before.redacted if before else ref.digest
            claim = (manifest.stage, ref, before.rows if before else None)
            if place and claim not in claims.setdefault(place, []):
                claims[place].append(claim)
    return claims


def _read_leaf(
    objects: ObjectStore, digest: str, claims: Iterable[Claim]
) -> tuple[int, list[Fault], Mapping[tuple[str, ShardRef], ShardRows]]:
    try:
        data = objects.get(digest)
    except ObjectMissing:
        return 0, [(MISSING, digest, "it is not in the store")], {}
    except ObjectCorrupted:
        return 0, [(DAMAGED, digest, _CHANGED)], {}
    faults: list[Fault] = []
    rows: dict[tuple[str, ShardRef], ShardRows] = {}
    for stage, ref, erased in claims:
        try:
            rows[stage, ref] = verified_rows(data, stage, ref, erased)
        except ShardDisagrees as error:
            faults.append((DISAGREES, digest, str(error)))
    return len(data), faults, rows


_CHANGED = "its bytes do not hash to its name: it was changed, cut short or put there by someone else"
