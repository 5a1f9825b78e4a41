"""What made a thing: the graph from a score, a checkpoint or a row up to the photographs and videos."""

from storage.lineage.artifact_ancestry import ArtifactAncestry
from storage.lineage.graph import MASK, SAMPLE, SHARD, SOURCES, Draft, Lineage
from storage.lineage.history import History
from storage.lineage.part_ancestry import PartAncestry
from storage.lineage.subject import Subject, find_subject
from storage.store import Store


def ancestry(store: Store, reference: str) -> Lineage:
    """Return what a thing in the store was made from, and by which runs, up to the photographs and videos.

    Parameters
    ----------
    store
        The store.
    reference
        A name, an id or its beginning, a recorded file name, or the path of an image file or a film; see
        `storage.lineage.subject.find_subject`.

    Raises
    ------
    NameUnknown
        If the reference means nothing, or more than one thing.
    ObjectCorrupted, StoreUnreadable, StoreUnreachable
        If the answer cannot be read. A missing object is not an error: its node records that it is gone.
    """
    history = History(store)
    return ancestry_of(history, find_subject(history, reference))


def ancestry_of(history: History, subject: Subject) -> Lineage:
    """Return what a thing was made from, for a resolved reference; see `ancestry`."""
    draft = Draft()
    is_part = subject.kind in (*SOURCES, MASK, SAMPLE, SHARD)
    (PartAncestry if is_part else ArtifactAncestry)(history, draft).add(subject.kind, subject.id)
    return draft.lineage()
