"""Object stores that know which objects were erased on request.

Reading an erased object raises ObjectErased, or returns its stand-in: the redacted copy of the shard.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectErased, ObjectMissing
from storage.canonical import short
from storage.files.object_reader import ObjectReader
from storage.files.reading import LARGEST_FILE
from storage.kinds import SOURCE_OF_STAGE
from storage.objects.objects import ObjectStore
from storage.records.tombstones import Erased, erased_objects
from storage.tables.ledger import Ledger


class ErasureAwareObjects(ObjectStore):
    """An object store that distinguishes lost objects from objects erased on request."""

    def __init__(self, backend: Backend, ledger: Ledger) -> None:
        super().__init__(backend)
        self._ledger = ledger

    def get(self, digest: str, at_most: int = LARGEST_FILE) -> bytes:
        """Return the bytes of an object, after an integrity check against its name; arguments as there.

        Raises
        ------
        ObjectErased
            If it was erased on request.
        ObjectMissing, ObjectCorrupted, StoreUnreadable, StoreUnreachable
        """
        with self._raising_erased(digest):
            return super().get(digest, at_most)

    def open(self, digest: str) -> ObjectReader:
        """Return a seekable file over an object.

        Raises
        ------
        ObjectErased
            If it was erased on request.
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        with self._raising_erased(digest):
            return super().open(digest)

    @contextmanager
    def _raising_erased(self, digest: str) -> Iterator[None]:
        try:
            yield
        except ObjectMissing as missing:
            erased = erased_objects(self._ledger, ObjectStore(self._backend)).get(digest)
            if erased is None:
                raise
            sources = ", ".join(f"{short(source_id)}…" for source_id in erased.source_ids)
            noun = SOURCE_OF_STAGE.get(erased.stage or "", "source")
            raise ObjectErased(
                f"object {short(digest)}… was erased by order, with rows of {noun} {sources}: "
                "no dataset that holds it can be used any more; `shls dataset build` makes one without"
            ) from missing


class StandInObjects(ObjectStore):
    """An object store that reads stand-ins instead of erased shards: to see which rows existed.

    Every row has the same position in a stand-in, so an address in the erased shard is valid there, too.
    """

    def __init__(self, backend: Backend, erased: Mapping[str, Erased]) -> None:
        super().__init__(backend)
        self._erased = erased

    def open(self, digest: str) -> ObjectReader:
        """Return a seekable file over an object, or over its stand-in.

        Raises
        ------
        ObjectMissing, StoreUnreadable, StoreUnreachable
        """
        return super().open(self._digest_to_read(digest))

    def size(self, digest: str) -> int | None:
        """Return the size in bytes of an object, or of its stand-in; None if neither is in the store."""
        size = super().size(digest)
        if size is None and (erased := self._erased.get(digest)) and erased.redacted:
            return super().size(erased.redacted)
        return size

    def _digest_to_read(self, digest: str) -> str:
        erased = self._erased.get(digest)
        if erased is None or erased.redacted is None or super().size(digest) is not None:
            return digest
        return erased.redacted
