"""Resolve a user's reference to a source: a file, an id, the beginning of an id, or a file name.

Withdrawal, erasure and lineage share one rule. Everything that a reference may mean is collected: the file on
disk, by its digest; the sources whose ids begin with it; the sources with this recorded file name, however
its accents are composed. A single source is accepted, several are refused. A complete id means only its
source. A folder of frames is given by its name or id: it has no bytes of its own to digest.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from shls_core.errors import InputError, NameUnknown
from shls_core.files.file_kind import HEAD_BYTES, kind_of_file
from shls_core.files.source_file import NOT_READABLE
from storage.canonical import short
from storage.files.inventory import take_inventory
from storage.kinds import PartKind
from storage.objects.objects import ObjectStore
from storage.records.manifests import DatasetManifest, get_record
from storage.references import begins_an_id
from storage.rows.source_kinds import EITHER, PHOTOGRAPHS, SOURCE_KINDS, VIDEOS, noun_for
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS
from storage.sources.bucket import digest_of_object, head_of_object, is_address
from storage.store import Store
from storage.withdrawal.deny_list import Withdrawal, withdrawn

COLUMNS = ("sample_id", "source_ids", "file_name", "rejected")
"""The columns that are read of the rows of sources."""
_ID_DIGITS = 64
_NAMED = 3
_GIVEN_BY = {
    PHOTOGRAPHS.noun: "an image file",
    VIDEOS.noun: "a film",
    EITHER: "an image file or a film",
}


class SourceReferences:
    """Resolves references to sources.

    Parameters
    ----------
    rows
        `COLUMNS` of the rows of all known sources, by the stage that holds them.
    others
        Further sources, which may have no row, by id: the withdrawn ones.
    """

    def __init__(self, rows: Mapping[str, pa.Table], others: Mapping[str, Withdrawal]) -> None:
        # By the word for the sources.
        self._rows = {
            kind.noun: _of_readable(rows[kind.stage]) for kind in SOURCE_KINDS if kind.stage in rows
        }
        self._others = others

    @classmethod
    def of(cls, store: Store) -> "SourceReferences":
        """Return it for the sources of all datasets published or in the key index, and those withdrawn."""
        objects = store.with_stand_ins()
        rows = {}
        for kind in SOURCE_KINDS:
            artifacts = (StageArtifact(objects, one) for one in _artifacts_of(store, objects, kind.stage))
            tables = [artifact.without_lost_shards().table(COLUMNS) for artifact in artifacts]
            none = SCHEMAS[kind.stage].arrow.empty_table().select(COLUMNS)
            rows[kind.stage] = pa.concat_tables([none, *tables])
        return cls(rows, withdrawn(store))

    def known(self, source: str) -> bool:
        """Return whether the store has, or had, a source of this id."""
        return source in self._beginning_with(source)

    def noun(self, source: str) -> str:
        """Return the word for a source by its rows, or by its withdrawal.

        A source that the store does not know is of the kind of all others, if there is only one.
        """
        nouns = [noun for noun, rows in self._rows.items() if len(_beginning(rows, "source", source))]
        if nouns:
            return noun_for(nouns)
        return self._others[source].noun if source in self._others else self._noun_of_all

    def part(self, source: str) -> PartKind:
        """Return the kind of a source as part of a dataset."""
        return PartKind.VIDEO if self.noun(source) == VIDEOS.noun else PartKind.PHOTOGRAPH

    def resolve(self, reference: str) -> str:
        """Return the id of the source that a reference means.

        Parameters
        ----------
        reference
            The path of an image file or a film, or its address in a bucket: its SHA-256 is the id; an id; for
            a known source, at least the first six digits of its id, or its file name inside the folder. The
            prefixes ``photograph:`` and ``video:`` are allowed.

        Raises
        ------
        InputError
            If it is the path of a file, or an address, that cannot be read.
        NameUnknown
            If the reference means no source, or more than one.
        """
        wanted = _without_kind(reference)
        found = self.meant_by(wanted)
        if not found and _is_whole_id(wanted):
            return wanted
        if len(found) == 1:
            return found.pop()
        if found:
            some = ", ".join(f"{short(source)}…" for source in sorted(found)[:_NAMED])
            noun = noun_for(map(self.noun, found))
            raise NameUnknown(
                f"expected one {noun}, got {reference}, which means {len(found)}: {some}; give the id"
            )
        given = _GIVEN_BY[self._noun_of_all]
        raise NameUnknown(
            f"expected {given}, or the id or file name of a {self._noun_of_all} in the store, got "
            f"{reference!r}; one that the store has never seen is given by its file, or all 64 digits of its "
            "SHA-256"
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
            for rows in self._rows.values():
                found |= _of_this_name(rows, reference)
        if is_address(reference):
            found.add(digest_of_object(reference))
        elif _is_file(reference):
            found.add(file_digest(Path(reference)))
        return found

    @property
    def nouns(self) -> list[str]:
        """The words for the kinds of the sources that have rows."""
        return [noun for noun, rows in self._rows.items() if len(rows)]

    @property
    def _noun_of_all(self) -> str:
        return noun_for(self.nouns)

    def _beginning_with(self, beginning: str) -> set[str]:
        """Return the sources whose ids begin with `beginning`, or have a row whose id does.

        A second file with the same bytes has a row with a different id, and so has every row of a video.
        """
        found = {source for source in self._others if source.startswith(beginning)}
        for rows in self._rows.values():
            for column in ("row", "source"):
                found.update(pc.unique(_beginning(rows, column, beginning)["source"]).to_pylist())
        return found


def noun_of_file(reference: str) -> str | None:
    """Return the word for a file or an object by its first bytes; None for what is of neither kind."""
    if is_address(reference):
        head = head_of_object(reference, HEAD_BYTES)
    elif _is_file(reference):
        with Path(reference).open("rb") as file:
            head = file.read(HEAD_BYTES)
    else:
        return None
    found = kind_of_file(reference.rpartition("/")[2], head)
    return {"picture": PHOTOGRAPHS.noun, "video": VIDEOS.noun}.get(found)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file: of an image file or a film, the id of the source.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"expected a file that can be read at {path}: {error.strerror}") from error


def _beginning(rows: pa.Table, column: str, beginning: str) -> pa.Table:
    # Not pc.equal, which imports pandas to look at `beginning`.
    return rows.filter(pc.starts_with(rows[column], beginning))


def _of_this_name(rows: pa.Table, file_name: str) -> set[str]:
    # macOS decomposes accents in names.
    composed = pc.utf8_normalize(rows["file_name"], form="NFC")
    wanted = unicodedata.normalize("NFC", file_name)
    alike = rows.filter(pc.starts_with(composed, wanted)).to_pylist()
    return {row["source"] for row in alike if unicodedata.normalize("NFC", row["file_name"]) == wanted}


def _of_readable(rows: pa.Table) -> pa.Table:
    """Return row id, source and file name of the rows of sources that could be read."""
    # The id of a file that could not be read is none of a source: who withdraws it would not keep the source
    # out once it can be read.
    reasons = rows["rejected"]
    was_read = pc.or_kleene(pc.is_null(reasons), pc.invert(pc.starts_with(reasons, NOT_READABLE)))
    rows = rows.filter(was_read)
    columns = [rows["sample_id"], pc.list_flatten(rows["source_ids"]), rows["file_name"]]
    return pa.Table.from_arrays(columns, names=["row", "source", "file_name"])


def _without_kind(reference: str) -> str:
    kind, colon, rest = reference.partition(":")
    return rest if colon and kind in [one.noun for one in SOURCE_KINDS] else reference


def _is_whole_id(reference: str) -> bool:
    return len(reference) == _ID_DIGITS and begins_an_id(reference)


def _is_file(reference: str) -> bool:
    try:
        return Path(reference).is_file()
    except OSError:  # too long for a path, or in a folder without access
        return False


def _artifacts_of(store: Store, objects: ObjectStore, stage: str) -> Iterator[str]:
    """Yield the ids of the artifacts of a stage, each once."""
    datasets = {str(row["digest"]) for row in store.names.rows()}
    published = (
        get_record(objects, dataset, DatasetManifest).stages.get(stage)
        for dataset in datasets
        if objects.exists(dataset)
    )
    entries = take_inventory(store.backend, f"keys/{stage}").keys
    made = (digest for digest in store.keys.results(entries).values() if digest and objects.exists(digest))
    yield from sorted({one for one in published if one} | {*made})
