"""A file over byte ranges of an object, with few requests: in a bucket, each one costs a round trip.

The ranges are not taken from the footer of a Parquet file: no checksum covers it, and pyarrow aborts the
process when it has to interpret the position of a column in a damaged footer.
"""

import obstore
from obstore.exceptions import GenericError
from obstore.store import ObjectStore as Backend

from storage.files.failures import store_errors
from storage.files.object_reader import ObjectReader
from storage.files.reading import read_again, require_length

# How services answer a request for the end of an empty object: with the whole object, or with an error.
_EMPTY = ("non-partial response", "416 Range Not Satisfiable")


class RangeReader(ObjectReader):
    """A reader of an object in a bucket.

    Opening is one request, which also reads the end of the object. A read inside that end, or inside the last
    block, needs no request; any other read needs one.

    Parameters
    ----------
    backend
        The store.
    path
        Path of the object inside the store.
    tail_bytes
        Bytes of the end that are read on opening: they contain the footer of a Parquet file.
    block_bytes
        Smallest number of bytes per request: adjacent small columns are read together, and reading this many
        bytes takes no longer than a second request.

    Raises
    ------
    ObjectMissing, StoreUnreadable, StoreUnreachable
        When opened, and when read.
    """

    def __init__(
        self, backend: Backend, path: str, tail_bytes: int = 64 << 10, block_bytes: int = 256 << 10
    ) -> None:
        super().__init__()
        self._backend, self._path, self._block_bytes = backend, path, block_bytes
        with store_errors(self._doing):
            self.size, tail = read_again(lambda: _size_and_tail(backend, path, tail_bytes))
        self._tail = self.size - len(tail), tail
        self._block = 0, memoryview(b"")

    def read_range(self, start: int, length: int) -> bytes:
        """Return `length` bytes from `start` on: one request, without a cache."""
        return bytes(self._range(start, start + length))

    def _bytes(self, start: int, length: int) -> memoryview:
        end = start + length
        for first, data in (self._tail, self._block):
            if first <= start and end <= first + len(data):
                return data[start - first : end - first]
        block_end = min(max(end, start + self._block_bytes), self.size)
        block = self._range(start, block_end)
        if block_end - start <= self._block_bytes:  # a reader may stay open, so it must stay small
            self._block = start, block
        return block[: end - start]

    def _range(self, start: int, end: int) -> memoryview:
        """Return a range in one request, or in several where an answer breaks off."""

        def attempt() -> memoryview:
            data = memoryview(obstore.get_range(self._backend, self._path, start=start, end=end))
            require_length(data, end - start, self._path)
            return data

        with store_errors(self._doing):
            return read_again(attempt)

    @property
    def _doing(self) -> str:
        return f"expected to read {self._path} of the store"


def _size_and_tail(backend: Backend, path: str, tail_bytes: int) -> tuple[int, memoryview]:
    try:
        answer = obstore.get(backend, path, options={"range": {"suffix": tail_bytes}})
        size, tail = int(answer.meta["size"]), memoryview(answer.bytes())
        require_length(tail, min(size, tail_bytes), path)
        return size, tail
    except GenericError as error:
        if any(said in str(error) for said in _EMPTY) and obstore.head(backend, path)["size"] == 0:
            return 0, memoryview(b"")
        raise
