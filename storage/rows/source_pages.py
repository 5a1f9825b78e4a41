"""Pages that tell which shards name a source, so that its descent is found without opening every shard.

An artifact of 256 shards or more gets pages when it is made, one for each 256 of its shards. A page is a
copy of what these shards say of sources: of every stage, numbers of the sources of each shard, and of a stage
of sources, their ids and file names, too. Shards are grouped by hashes, so one photograph more changes a few
pages, and artifacts share the others.

A page is named by its shards and by the SHA-256 of its bytes. A lost or damaged one costs the reading of its
shards; `verify` reads shards and compares. A purge removes all pages: they hold file names.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectCorrupted, ObjectMissing
from storage.canonical import digest_bytes, digest_json
from storage.files.inventory import list_files
from storage.files.readers import READERS
from storage.files.reading import LARGEST_FILE, read, read_again
from storage.files.removal import remove_files
from storage.files.writing import write_new
from storage.objects.objects import ObjectStore
from storage.rows.shards import read_columns_of_all
from storage.rows.source_kinds import SOURCE_STAGES
from storage.rows.stage_graph import schema_of

Number = TypeVar("Number", np.int32, np.uint64)

FOLDER = "pages"
SHARDS = 256
"""Shards of a page, and the fewest of an artifact with pages."""
SOURCE_COLUMNS = ("sample_id", "source_ids", "file_name", "rejected")
"""What pages of a stage of sources copy of each row."""
_PATH = re.compile(rf"{FOLDER}/([0-9a-f]{{64}})-([0-9a-f]{{64}})\.parquet")


def put_pages(backend: Backend, objects: ObjectStore, stage: str, shards: Sequence[str]) -> None:
    """Write those pages of an artifact that are not there yet; small artifacts have none.

    Parameters
    ----------
    backend, objects
        The store, and its objects.
    stage, shards
        The stage of the artifact, and its shards in their order.
    """
    known = _paths(backend) if len(shards) >= SHARDS else {}
    for key, some in _groups(shards):
        if key not in known:
            data = _page(objects, stage, some)
            write_new(backend, f"{FOLDER}/{key}-{digest_bytes(data)}.parquet", data)


class SourcePages:
    """The pages of a store, read when they are asked for."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[str, str] | None = None

    def shards_naming(self, shards: Sequence[str], source: str) -> list[str]:
        """Return those shards of an artifact that may name a source: all of a page that is not there.

        Parameters
        ----------
        shards
            All shards of the artifact, in their order.
        source
            The id of the source.
        """
        wanted = _number(source)
        found: list[str] = []
        for some, page in self._pages(shards, ("source", "shard")):
            if page is None:
                found += some
                continue
            places = _values(page["shard"], np.int32)[_values(page["source"], np.uint64) == wanted]
            found += [some[place] for place in np.unique(places).tolist()]
        return found

    def source_rows(self, stage: str, shards: Sequence[str]) -> pa.Table | None:
        """Return `SOURCE_COLUMNS` of all rows of an artifact of sources; None without all of its pages."""
        pages = [page for _, page in self._pages(shards, SOURCE_COLUMNS)]
        if None in [page if page is None else True for page in pages]:
            return None
        none = pa.Table.from_batches([], schema=schema_of(stage).arrow).select(SOURCE_COLUMNS)
        return pa.concat_tables([none, *(page.select(SOURCE_COLUMNS) for page in pages if page is not None)])

    def _pages(
        self, shards: Sequence[str], columns: Sequence[str]
    ) -> Iterator[tuple[Sequence[str], pa.Table | None]]:
        groups = _groups(shards)
        if not groups:
            yield shards, None
            return
        if self._known is None:
            self._known = _paths(self._backend)
        known = self._known
        with ThreadPoolExecutor(READERS) as readers:
            pages = readers.map(
                lambda key: _read(self._backend, known.get(key), columns), [key for key, _ in groups]
            )
            yield from zip((some for _, some in groups), pages, strict=True)


def remove_pages(backend: Backend) -> None:
    """Remove all pages."""
    remove_files(backend, sorted(_paths(backend).values()))


def stale_pages(backend: Backend, artifacts: Sequence[Sequence[str]]) -> list[str]:
    """Return the paths of pages of none of some artifacts, given by their shards."""
    needed = {key for shards in artifacts for key, _ in _groups(shards)}
    return sorted(path for key, path in _paths(backend).items() if key not in needed)


def false_pages(backend: Backend, objects: ObjectStore, stage: str, shards: Sequence[str]) -> list[str]:
    """Return the paths of pages of an artifact that do not say what its shards say.

    Pages of shards that cannot be read are passed over.
    """
    known = _paths(backend) if len(shards) >= SHARDS else {}
    found = []
    for key, some in _groups(shards):
        if key in known:
            with suppress(ObjectMissing, ObjectCorrupted):
                page = _read(backend, known[key])
                if page is None or not page.equals(_table(objects, stage, some)):
                    found.append(known[key])
    return found


def _groups(shards: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    if len(shards) < SHARDS:
        return []
    parts = [shards[start : start + SHARDS] for start in range(0, len(shards), SHARDS)]
    return [(digest_json(list(part)), part) for part in parts]


def _paths(backend: Backend) -> dict[str, str]:
    found = ((path, _PATH.fullmatch(path)) for path, *_ in list_files(backend, FOLDER))
    return {match[1]: path for path, match in found if match}


def _page(objects: ObjectStore, stage: str, shards: Sequence[str]) -> bytes:
    buffer = pa.BufferOutputStream()
    table = _table(objects, stage, shards)
    pq.write_table(table, buffer, compression="zstd", use_dictionary=False, write_page_checksum=True)
    return bytes(buffer.getvalue())


def _table(objects: ObjectStore, stage: str, shards: Sequence[str]) -> pa.Table:
    """Return the page of some shards: a row for each row of a stage of sources, or each source of a shard."""
    is_of_sources = stage in SOURCE_STAGES
    columns = SOURCE_COLUMNS if is_of_sources else ("source_ids",)
    tables = []
    for place, table in enumerate(read_columns_of_all(objects, shards, columns)):
        sources = pc.list_flatten(table["source_ids"])
        if is_of_sources:  # every row is of one source
            named = table.append_column("source", _numbers(sources))
        else:
            named = pa.table({"source": _numbers(pc.unique(sources))})
        tables.append(named.append_column("shard", pa.array(np.full(len(named), place, np.int32))))
    return pa.concat_tables(tables).combine_chunks()


def _read(backend: Backend, path: str | None, columns: Sequence[str] | None = None) -> pa.Table | None:
    """Return a page, or some columns of it; None for one that is not there, or damaged."""
    if path is None:
        return None
    try:
        data = read_again(lambda: read(backend, path, LARGEST_FILE))
        if digest_bytes(data) != path[-len(".parquet") - 64 : -len(".parquet")]:
            return None
        return pq.ParquetFile(pa.BufferReader(data)).read(columns=columns, use_threads=False)
    except (FileNotFoundError, pa.ArrowException):
        return None


def _values(column: pa.ChunkedArray, of: type[Number]) -> npt.NDArray[Number]:
    """Return a column without nulls; `to_numpy` of Arrow would import pandas: half a second."""
    values = column.combine_chunks()
    return np.frombuffer(values.buffers()[1], of)[values.offset : values.offset + len(values)]


def _numbers(sources: pa.Array | pa.ChunkedArray) -> pa.Array:
    numbers: npt.NDArray[np.uint64] = np.array([_number(one) for one in sources.to_pylist()], np.uint64)
    return pa.array(numbers)


def _number(source: str) -> int:
    """Return a number of 64 bits for a source; that two sources share one is rare, and costs a reading."""
    return int(digest_bytes(source.encode())[:16], 16)
