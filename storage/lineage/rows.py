"""The rows of a store's shards without their content: a shard of several artifacts is read once."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectMissing
from storage.files.readers import SHARD_READERS
from storage.lineage.absence import Absences
from storage.lineage.arrays import no_rows, string, strings
from storage.objects.objects import ObjectStore
from storage.rows.shards import read_columns
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

_HEAD = ("sample_id", "source_ids", "parents", "digest", "rejected")
NOTES = ("file_name", "source", "licence", "consent")
"""The notes of a source: a photograph or a video."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    INGEST: (*_HEAD, *NOTES),
    SALIENCY: _HEAD,
    SEQUENCES: (*_HEAD, "split", "template_id", "pasted_ids"),
    SUPERPIXELS: _HEAD,
    FOOTAGE: (*_HEAD, *NOTES),
    CLIPS: (*_HEAD, "split", "video_id", "num_frames"),
    CLUSTERS: _HEAD,
}
"""The columns that are read of the rows of each stage."""


class Rows:
    """The rows of the shards of one store, by stage and shard."""

    def __init__(self, backend: Backend, absences: Absences) -> None:
        self._objects = ObjectStore(backend)
        self._absences = absences
        self._tables: dict[str, pa.Table | None] = {}
        self._absent: set[str] = set()

    def of(self, stage: str, shards: Iterable[str]) -> pa.Table:
        """Return the rows of some shards of a stage: `COLUMNS`, and ``shard``, the digest of the row's shard.

        For a shard that was erased on request, its stand-in is read, and its erased rows get the digests that
        they had before. A missing shard without a stand-in has no rows: see `lost`.

        Raises
        ------
        ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        wanted = list(dict.fromkeys(shards))
        unread = [shard for shard in wanted if shard not in self._tables]
        with ThreadPoolExecutor(SHARD_READERS) as readers:
            read = readers.map(lambda shard: self._columns(shard, COLUMNS[stage]), unread)
            self._tables.update(zip(unread, read, strict=True))
        found = [(shard, table) for shard in wanted if (table := self._tables[shard]) is not None]
        none = no_rows(schema_of(stage).arrow).select(COLUMNS[stage])
        together = pa.concat_tables([none, *(table for _, table in found)])
        where = strings(shard for shard, table in found for _ in range(len(table)))
        return together.append_column("shard", where)

    def lost(self, shards: Iterable[str]) -> list[str]:
        """Return those of some shards, read before, that are missing and have no stand-in."""
        return [shard for shard in shards if self._tables[shard] is None]

    def is_absent(self, shard: str) -> bool:
        """Return whether a shard, read before, is missing, with or without a stand-in."""
        return shard in self._absent

    def recipes(self, shards: Iterable[str]) -> dict[tuple[str, str], str | None]:
        """Return the recipe of every pseudo-sequence of some shards, by shard and sample id."""
        found: dict[tuple[str, str], str | None] = {}
        for shard in shards:
            table = self._columns(shard, ("sample_id", "recipe"))
            for row in table.to_pylist() if table else ():
                found[shard, row["sample_id"]] = row["recipe"]
        return found

    def _columns(self, shard: str, columns: tuple[str, ...]) -> pa.Table | None:
        try:
            return read_columns(self._objects, shard, columns)
        except ObjectMissing:
            self._absent.add(shard)
        stand_in = self._absences.stand_in(shard)
        try:
            left = read_columns(self._objects, stand_in, columns) if stand_in else None
        except ObjectMissing:
            return None
        return None if left is None else _with_digests(left, self._absences.digests_before(shard))


def _with_digests(rows: pa.Table, before: Mapping[str, str | None]) -> pa.Table:
    """Return rows with the digests from `before`, by sample id, which erased rows had before the erasure."""
    if "digest" not in rows.column_names:
        return rows
    place = pc.index_in(rows["sample_id"], value_set=strings(before.keys()))
    had = strings(before.values()).take(place.combine_chunks())
    digests = pc.if_else(pc.is_valid(place), had, rows["digest"])
    return rows.set_column(rows.column_names.index("digest"), rows.field("digest"), digests)


def naming(table: pa.Table, source_id: str) -> pa.Table:
    """Return the rows of a table that name a source among their `source_ids`."""
    if not len(table):  # combining no chunks imports pandas
        return table
    images = table["source_ids"].combine_chunks()
    is_it = pc.equal(pc.list_flatten(images), string(source_id))
    return table.take(pc.unique(pc.list_parent_indices(images).filter(is_it)))
