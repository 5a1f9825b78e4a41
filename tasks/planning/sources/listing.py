"""List the sources of a stage: where they lie is decided here, what becomes of them by the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from storage.store import Store
from tasks.planning.sources.indexed import SourceIndex
from tasks.planning.sources.photographs import photographs_in
from tasks.planning.sources.places import Contents, Place, Written, place_of
from tasks.planning.sources.videos import videos_in
from tasks.stages.footage import FootageStage
from tasks.stages.ingest import SKIMAGE, IngestStage
from tasks.stages.sources import Sources, SourceStage
from tasks.stages.stage import RowPlan, Stage


@dataclass(frozen=True)
class Reading:
    """How files are read that a store has an index of.

    Attributes
    ----------
    rehash : bool
        Whether the index is distrusted: every file is read.
    remember : bool
        Whether what was read is written into the store; otherwise nothing is.
    """

    rehash: bool = False
    remember: bool = False


LOOKING_ONLY = Reading()


@dataclass(frozen=True)
class ListedSources:
    """What a stage of sources found."""

    sources: Sources
    objects: Mapping[str, Written] = field(default_factory=dict)
    """What lies in a bucket, by address."""
    files_read: int | None = None
    """Files that were read; None where there is no index of them."""
    files_unchanged: int | None = None
    """Files that were not read."""
    _keep: Callable[[Callable[[str], bool]], None] = lambda is_withheld: None

    def keep_index(self, left_out: Iterable[RowPlan]) -> None:
        """Write what was read into the store, if it is to be; nothing of the rows that are left out."""
        withheld = [str(plan.decided["file_name"]) for plan in left_out]
        names, folders = frozenset(withheld), tuple(f"{name}/" for name in withheld)
        is_all = "." in names
        self._keep(lambda name: is_all or name in names or name.startswith(folders))


def list_sources(stage: Stage, store: Store | None, reading: Reading = LOOKING_ONLY) -> ListedSources:
    """List the photographs or videos of a stage.

    Parameters
    ----------
    stage
        A stage that reads no other.
    store
        The store whose index says which files are unchanged; None: all are read.
    reading
        How.

    Raises
    ------
    InputError
        If there are none, or the machine fails.
    StoreUnreadable, StoreUnreachable
        If they are in a bucket that is not there, or does not answer.
    """
    if isinstance(stage, IngestStage) and stage.config.images not in (None, SKIMAGE):
        place = place_of(str(stage.config.images), "photographs")
        index = _index(stage, store, place, reading)
        return _listed(*photographs_in(place, index), index)
    if isinstance(stage, FootageStage) and stage.config.videos is not None:
        place = place_of(stage.config.videos, "videos")
        index = _index(stage, store, place, reading)
        return _listed(*videos_in(place, index, stage.config), index)
    return ListedSources(stage.sources() if isinstance(stage, SourceStage) else Sources(stage.plan({})))


def _index(stage: Stage, store: Store | None, place: Place, reading: Reading) -> SourceIndex:
    is_kept = reading.remember and store is not None
    return SourceIndex(store, stage.name, place.key, distrusted=reading.rehash, kept=is_kept)


def _listed(sources: Sources, contents: Contents, index: SourceIndex) -> ListedSources:
    return ListedSources(sources, contents.objects or {}, index.num_read, index.num_unchanged, index.keep)
