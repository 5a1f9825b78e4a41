"""Verification: is every byte of a dataset, or of a whole store, unchanged since it was written?

Every object is hashed; every count and digest that one record states about another is compared; every row's
content is hashed again. The result is a list of problems.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shls_core.errors import ObjectErased
from storage.canonical import short
from storage.files.inventory import Inventory, take_inventory
from storage.kinds import KeyKind, RecordKind
from storage.objects.objects import object_path
from storage.records.links import all_links
from storage.records.tombstones import Erased
from storage.rows.source_pages import false_pages
from storage.store import Store
from storage.verification.erasures import read_tombstones, unfinished, unnamed_tombstones
from storage.verification.problems import DISAGREES, FOREIGN, WRONG_PAGE, Problem, about_object, foreign
from storage.verification.records import disagreements
from storage.verification.survey import Survey, survey_objects
from storage.verification.tables import bookkeeping_problems

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class ErasedByOrder:
    """A shard that is missing because it was erased on request: not a problem."""

    path: str
    """Its former path inside the store."""
    part_of: str
    source_ids: tuple[str, ...]
    """The sources whose rows were erased."""
    num_rows: int
    tombstone: str
    stage: str | None = None
    """None for a shard of a format that this version does not write."""


@dataclass(frozen=True)
class Verification:
    """What was checked, and what was found."""

    num_objects: int
    num_bytes: int
    problems: tuple[Problem, ...]
    erased: tuple[ErasedByOrder, ...] = ()


def verify_dataset(
    store: Store, dataset: str, advance: Advance = lambda done, total: None, with_rows: bool = True
) -> Verification:
    """Verify a dataset with all its objects, and the verdict on it.

    Parameters
    ----------
    store
        Where it is.
    dataset
        Its id.
    advance
        Called with the number of objects hashed so far, and in total.
    with_rows
        Whether rows are read and their content is hashed, too. Bytes that hash to their name are the bytes
        that were written; only this check finds wrong content that was written.
    """
    verdict = store.keys.get(KeyKind.VERDICT_OF_DATASET, dataset)
    roots = (dataset, verdict) if verdict else (dataset,)
    erased = store.erased()
    survey = survey_objects(store.objects, roots, with_rows, advance, erased)
    problems = problems_of_objects(survey, {dataset: f"dataset {short(dataset)}…"}, with_rows)
    problems += unfinished(store, erased, survey.sizes)
    judged = survey.links.get(verdict) if verdict else None
    if verdict and judged and (judged.kind, judged.needed) != (RecordKind.VERDICT, (dataset,)):
        what = "it is recorded as the verdict on this dataset, and is about another"
        problems.append(about_object(DISAGREES, verdict, f"dataset {short(dataset)}…", what))
    return _verification(survey, problems, erased)


def verify_store(store: Store, advance: Advance = lambda done, total: None) -> Verification:
    """Verify every object in a store, what records state about each other, and that nothing else is in it.

    Parameters
    ----------
    store
        The store.
    advance
        As for `verify_dataset`.
    """
    inventory = take_inventory(store.backend)
    erased, lost_tombstones = read_tombstones(store)
    survey = survey_objects(store.objects, inventory.objects, True, advance, erased)
    names = {row["digest"]: f"{row['name']}@v{row['version']}" for row in store.names.rows()}
    problems = [
        *problems_of_objects(survey, names, True),
        *map(foreign, inventory.foreign),
        *bookkeeping_problems(store, inventory.objects, inventory.keys),
        *_page_problems(store, survey),
        *lost_tombstones,
        *unnamed_tombstones(store, survey.links),
        *unfinished(store, erased, inventory.objects),
    ]
    return _verification(survey, problems, erased)


def _page_problems(store: Store, survey: Survey) -> Iterable[Problem]:
    """Yield the pages of sources that do not say what their shards say."""
    for artifact, manifest in survey.stages.items():
        shards = [shard.digest for shard in manifest.shards]
        for path in false_pages(store.backend, store.objects, manifest.stage, shards):
            what = "it does not name the sources that its shards name"
            yield Problem(WRONG_PAGE, path, f"{manifest.stage} {short(artifact)}…", what)


def require_undamaged(
    store: Store, dataset: str, advance: Advance = lambda done, total: None
) -> Verification:
    """Refuse a dataset if any byte of it was changed or erased, and a store that contains a foreign file.

    Every object of the dataset is hashed. In the rest of the store, file names are checked, and only those
    objects are hashed that no record and no entry of the key index mentions: there should be very few.

    Raises
    ------
    ObjectMissing, ObjectCorrupted, ForeignFile
        The first problem found.
    ObjectErased
        If any row of it was erased on request.
    """
    verification = verify_dataset(store, dataset, advance, with_rows=False)
    _raise_first(verification.problems)
    if verification.erased:
        num_rows = sum(shard.num_rows for shard in verification.erased)
        raise ObjectErased(
            f"expected a whole dataset, got {short(dataset)}…, of which {num_rows} rows were erased by "
            "order; `shls dataset build` makes one without them"
        )
    inventory = take_inventory(store.backend)
    _raise_first(map(foreign, inventory.foreign))
    unclaimed = survey_objects(store.objects, _unclaimed(store, inventory), False)
    _raise_first(
        about_object(FOREIGN, digest, "nothing that the store knows of", what)
        for _, digest, what in unclaimed.faults
    )
    return verification


def _unclaimed(store: Store, inventory: Inventory) -> set[str]:
    """Return the objects that nothing mentions."""
    links = all_links(store.objects, inventory.objects)
    mentioned = {digest for record in links.values() for digest in record.named}
    mentioned |= {digest or "" for digest in store.keys.results(inventory.keys).values()}
    return inventory.objects.keys() - mentioned


def problems_of_objects(survey: Survey, known_as: dict[str, str], with_rows: bool) -> list[Problem]:
    """Return the problems of objects that were read.

    Parameters
    ----------
    survey
        What was found while they were read.
    known_as
        Names of those objects that have one, by digest.
    with_rows
        Whether rows were read, too.
    """
    part_of = {**survey.part_of(), **known_as}
    faults = [*survey.faults, *(disagreements(survey) if with_rows else ())]
    return [
        about_object(kind, digest, part_of.get(digest, "no dataset"), what) for kind, digest, what in faults
    ]


def erased_by_order(survey: Survey, erased: Mapping[str, Erased]) -> tuple[ErasedByOrder, ...]:
    """Return the shards that are missing because they were erased on request, sorted by digest."""
    part_of = survey.part_of()
    return tuple(
        ErasedByOrder(
            path=object_path(digest),
            part_of=part_of[digest],
            source_ids=erased[digest].source_ids,
            num_rows=len(erased[digest].rows),
            tombstone=erased[digest].tombstone,
            stage=erased[digest].stage,
        )
        for digest in sorted(survey.erased)
    )


def _verification(survey: Survey, problems: Iterable[Problem], erased: Mapping[str, Erased]) -> Verification:
    return Verification(
        num_objects=len(survey.sizes),
        num_bytes=sum(survey.sizes.values()),
        problems=tuple(problems),
        erased=erased_by_order(survey, erased),
    )


def _raise_first(problems: Iterable[Problem]) -> None:
    for problem in problems:
        raise problem.error()
