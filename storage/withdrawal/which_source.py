"""Resolve a user's reference to a source: a file, an id, the beginning of an id, or a file name.

Withdrawal, erasure and lineage share one rule. Everything that a reference may mean is collected: the file on
disk, by its SHA-256; the sources whose ids begin with it; the sources with this recorded file name, however
its accents are composed. A single source is accepted, several are refused. A complete id means only its
source.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import InputError, NameUnknown
from shls_core.files.source_file import NOT_READABLE
from storage.canonical import short
from storage.files.inventory import take_inventory
from storage.kinds import PartKind
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, get_record
from storage.references import begins_an_id
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS
from storage.rows.stage_names import INGEST
from storage.store import Store
from storage.withdrawal.deny_list import withdrawn

COLUMNS = ("sample_id", "source_ids", "file_name", "rejected")
"""The columns that are read of the rows of sources."""
_KIND = f"{PartKind.PHOTOGRAPH}:"
_ID_DIGITS = 64
_NAMED = 3


class SourceReferences:
    """Resolves references to sources.

    Parameters
    ----------
    rows
        `COLUMNS` of the rows of all known sources.
    others
        Ids of further sources, which may have no row: the withdrawn ones.
    """

    def __init__(self, rows: pa.Table, others: Collection[str]) -> None:
        # The id of a file that could not be read is none of a photograph: who withdraws it would not keep the
        # photograph out once it can be read.
        reasons = rows["rejected"]
        was_read = pc.or_kleene(pc.is_null(reasons), pc.invert(pc.starts_with(reasons, NOT_READABLE)))
        rows = rows.filter(was_read)
        columns = [rows["sample_id"], pc.list_flatten(rows["source_ids"]), rows["file_name"]]
        self._rows = pa.Table.from_arrays(columns, names=["row", "source", "file_name"])
        self._others = others

    @classmethod
    def of(cls, store: Store) -> "SourceReferences":
        """Return it for the sources of all datasets published or in the key index, and those withdrawn."""
        objects = store.with_stand_ins()
        artifacts = (StageArtifact(objects, artifact) for artifact in _ingest_artifacts(store, objects))
        tables = [artifact.without_lost_shards().table(COLUMNS) for artifact in artifacts]
        none = SCHEMAS[INGEST].arrow.empty_table().select(COLUMNS)
        return cls(pa.concat_tables([none, *tables]), withdrawn(store))

    def known(self, source: str) -> bool:
        """Return whether the store has, or had, a source of this id."""
        return source in self._beginning_with(source)

    def resolve(self, reference: str) -> str:
        """Return the id of the source that a reference means.

        Parameters
        ----------
        reference
            The path of an image file, whose SHA-256 is the id; an id; for a known source, at least the first
            six digits of its id, or its file name inside the folder. The prefix ``photograph:`` is allowed.

        Raises
        ------
        InputError
            If it is the path of a file that cannot be read.
        NameUnknown
            If the reference means no source, or more than one.
        """
        wanted = reference.removeprefix(_KIND)
        found = self.meant_by(wanted)
        if not found and _is_whole_id(wanted):
            return wanted
        if len(found) == 1:
            return found.pop()
        if found:
            some = ", ".join(f"{short(source)}…" for source in sorted(found)[:_NAMED])
            raise NameUnknown(
                f"expected one photograph, got {reference}, which means {len(found)}: {some}; give the id"
            )
        raise NameUnknown(
            f"expected an image file, or the id or file name of a photograph in the store, got {reference!r};"
            " one that the store has never seen is given by its file, or all 64 digits of its SHA-256"
        )

    def meant_by(self, reference: str) -> set[str]:
        """Return the ids of all sources that a reference may mean; for a complete id, that id if it is known.

        Raises
        ------
        InputError
            If it is the path of a file that cannot be read.
        """
        found = self._beginning_with(reference) if begins_an_id(reference) else set()
        if _is_whole_id(reference):
            return found
        if reference:
            # macOS decomposes accents in names.
            composed = pc.utf8_normalize(self._rows["file_name"], form="NFC")
            wanted = unicodedata.normalize("NFC", reference)
            # Not pc.equal, which imports pandas to look at `wanted`.
            alike = self._rows.filter(pc.starts_with(composed, wanted)).to_pylist()
            found |= {
                row["source"] for row in alike if unicodedata.normalize("NFC", row["file_name"]) == wanted
            }
        if _is_file(reference):
            found.add(file_digest(Path(reference)))
        return found

    def _beginning_with(self, beginning: str) -> set[str]:
        """Return the sources whose ids begin with `beginning`, or have a row whose id does.

        A second file with the same bytes has a row with a different id.
        """
        found = {source for source in self._others if source.startswith(beginning)}
        for column in ("row", "source"):
            rows = self._rows.filter(pc.starts_with(self._rows[column], beginning))
            found.update(pc.unique(rows["source"]).to_pylist())
        return found


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file: of an image file, the id of the source.

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


def _is_whole_id(reference: str) -> bool:
    return len(reference) == _ID_DIGITS and begins_an_id(reference)


def _is_file(reference: str) -> bool:
    try:
        return Path(reference).is_file()
    except OSError:  # too long for a path, or in a folder without access
        return False


def _ingest_artifacts(store: Store, objects: ObjectStore) -> Iterator[str]:
    """Yield the ids of the artifacts that hold photographs, each once."""
    datasets = {str(row["digest"]) for row in store.names.rows()}
    published = (
        get_record(objects, dataset, DatasetManifest).stages[INGEST]
        for dataset in datasets
        if objects.exists(dataset)
    )
    entries = take_inventory(store.backend, f"keys/{INGEST}").keys
    made = (digest for digest in store.keys.results(entries).values() if digest and objects.exists(digest))
    yield from sorted({*published, *made})
