"""A file over byte ranges of an object, which asks for few of them: in a bucket each costs a round trip.

What to ask for is not taken from the footer of a Parquet file: no checksum covers it, and pyarrow ends the
process when it is made to interpret the place of a column in a damaged one.
"""

import io
from typing import Any

import obstore
from obstore.exceptions import GenericError
from obstore.store import ObjectStore as Backend

from storage.failures import failures_told

# What a service says of the end of an object that is empty: all of it, or that there is none.
_EMPTY = ("non-partial response", "416 Range Not Satisfiable")


class RangeReader(io.RawIOBase):
    """A read-only, seekable file over one object.

    Opening it is one request, which brings its end along. A read inside that end, or inside the last block,
    costs none; any other costs one.

    Parameters
    ----------
    backend
        Of the store.
    path
        Of the object inside the store.
    tail_bytes
        How much is read on opening: the footer of a Parquet file lies there.
    block_bytes
        How much is read at once, at least: thin columns that lie side by side come together, and to read so
        much takes no longer than to ask again.

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
        self._position = 0
        with failures_told(self._doing):
            self.size, tail = _size_and_tail(backend, path, tail_bytes)
        self._tail = self.size - len(tail), tail
        self._block = 0, memoryview(b"")

    def readable(self) -> bool:
        """Return True: ranges can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: any position can be read next."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte to read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"expected a position in the file, got {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the current position and return the number of bytes read."""
        end = min(self._position + len(buffer), self.size)
        if end <= self._position:
            return 0
        count = end - self._position
        buffer[:count] = self._bytes(self._position, end)
        self._position = end
        return count

    def _bytes(self, start: int, end: int) -> memoryview:
        for first, data in (self._tail, self._block):
            if first <= start and end <= first + len(data):
                return data[start - first : end - first]
        block_end = min(max(end, start + self._block_bytes), self.size)
        with failures_told(self._doing):
            block = obstore.get_range(self._backend, self._path, start=start, end=block_end)
        if block_end - start <= self._block_bytes:  # a reader may be kept open, and is to stay small
            self._block = start, memoryview(block)
        return memoryview(block)[: end - start]

    @property
    def _doing(self) -> str:
        return f"expected to read {self._path} of the store"


def _size_and_tail(backend: Backend, path: str, tail_bytes: int) -> tuple[int, memoryview]:
    try:
        answer = obstore.get(backend, path, options={"range": {"suffix": tail_bytes}})
        return int(answer.meta["size"]), memoryview(answer.bytes())
    except GenericError as error:
        if any(said in str(error) for said in _EMPTY) and obstore.head(backend, path)["size"] == 0:
            return 0, memoryview(b"")
        raise
