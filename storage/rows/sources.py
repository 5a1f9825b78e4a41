"""Which rows of a dataset a training draws: pseudo-sequences of photographs, or clips of videos."""

from collections.abc import Mapping

from shls_core.errors import InputError
from shls_core.training.source import Source
from storage.canonical import short
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.source_kinds import PHOTOGRAPHS, VIDEOS, SourceKind, kinds_among
from storage.rows.stage_graph import STAGES

KIND_OF_SOURCE: Mapping[Source, SourceKind] = {"stills": PHOTOGRAPHS, "clips": VIDEOS}
"""What a dataset is made from whose samples are drawn, by source. A dataset may be made from both."""


def has_source(objects: ObjectStore, dataset_id: str, source: Source) -> bool:
    """Return whether a dataset has samples of a source.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    NameUnknown
        If it is not a dataset.
    """
    return KIND_OF_SOURCE[source].samples in get_record(objects, dataset_id, DatasetManifest).stages


def require_source(objects: ObjectStore, dataset_id: str, source: Source, what: str) -> None:
    """Refuse a dataset that has no samples of a source.

    Parameters
    ----------
    objects, dataset_id
        The dataset.
    source
        What it must have.
    what
        What needs it, for the message: ``source: clips``, for example.

    Raises
    ------
    InputError
        If it has none.
    """
    stages = get_record(objects, dataset_id, DatasetManifest).stages
    needed = KIND_OF_SOURCE[source]
    if needed.samples not in stages:
        made_from = [kind.plural for kind in kinds_among(stages)]
        raise InputError(
            f"expected a dataset of {needed.plural} for {what}, got {short(dataset_id)}… of "
            f"{' and '.join(made_from) or 'neither'} (stages {', '.join(sorted(stages, key=STAGES.index))})"
        )
