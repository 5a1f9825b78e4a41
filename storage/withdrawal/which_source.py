"""From what a person types to the id of a photograph: a file, an id, the beginning of one, or a file name."""

import re
from collections.abc import Iterator
from pathlib import Path

from shls_core.errors import InputError, NameUnknown
from storage.canonical import digest_bytes
from storage.files.inventory import take_inventory
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, get_record
from storage.rows.schemas import INGEST
from storage.rows.stage_artifact import StageArtifact
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn

_BEGINNING = re.compile(r"[0-9a-f]{6,63}")
_ID = re.compile(r"[0-9a-f]{64}")
_NAMED = 3


class PhotographReferences:
    """Says which photographs are meant.

    Parameters
    ----------
    store
        Where photographs are looked for: in every dataset that was published or is in the key index, and
        among those that are withdrawn.
    """

    def __init__(self, store: Store) -> None:
        self._file_names: dict[str, set[str]] = {image_id: set() for image_id in withdrawn(store)}
        objects = store.with_stand_ins()
        for artifact_id in _ingest_artifacts(store, objects):
            artifact = StageArtifact(objects, artifact_id).without_lost_shards()
            for row in artifact.table(["image_ids", "file_name"]).to_pylist():
                names = self._file_names.setdefault(row["image_ids"][0], set())
                names.update(filter(None, [row["file_name"]]))

    def known(self, image_id: str) -> bool:
        """Return whether the store has, or had, a photograph of this id."""
        return image_id in self._file_names

    def resolve(self, reference: str) -> str:
        """Return the id of the photograph that a reference means.

        Parameters
        ----------
        reference
            The path of an image file, whose SHA-256 is the id; an id; of a photograph that the store knows,
            at least the first six digits of its id, or its file name inside the folder.

        Raises
        ------
        InputError
            If it is the path of a file that cannot be read.
        NameUnknown
            If no photograph, or more than one, is meant.
        """
        if _ID.fullmatch(reference):
            return reference
        found = {image_id for image_id, names in self._file_names.items() if reference in names}
        if _BEGINNING.fullmatch(reference):
            found |= {image_id for image_id in self._file_names if image_id.startswith(reference)}
        if Path(reference).is_file():
            found.add(_id_of_file(Path(reference)))
        if len(found) == 1:
            return found.pop()
        if found:
            some = ", ".join(f"{image_id[:12]}…" for image_id in sorted(found)[:_NAMED])
            raise NameUnknown(
                f"expected one photograph, got {reference}, which means {len(found)}: {some}; give the id"
            )
        raise NameUnknown(
            f"expected an image file, or the id or file name of a photograph in the store, got {reference!r};"
            " one that the store has never seen is given by its file, or all 64 digits of its SHA-256"
        )


def _ingest_artifacts(store: Store, objects: ObjectStore) -> Iterator[str]:
    """Yield the ids of the artifacts that hold photographs, each once."""
    datasets = {str(row["digest"]) for row in store.names.rows()}
    published = (
        get_record(objects, dataset, DatasetManifest).ingest
        for dataset in datasets
        if objects.exists(dataset)
    )
    entries = take_inventory(store.backend, f"keys/{INGEST}").keys
    made = (digest for digest in store.keys.results(entries).values() if digest and objects.exists(digest))
    yield from sorted({*published, *made})


def _id_of_file(path: Path) -> str:
    try:
        return digest_bytes(path.read_bytes())
    except OSError as error:
        raise InputError(f"expected an image file that can be read, got {path}: {error.strerror}") from error
