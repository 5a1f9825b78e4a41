"""Labels of all frames, compressed, in a temporary file."""

import tempfile
import zlib
from collections.abc import Iterator
from types import TracebackType

import numpy as np
from jaxtyping import UInt8

from shls_core.errors import InputError

_LENGTH_BYTES = 4


class LabelSpool:
    """Keeps labels in the order in which they are added; memory use does not depend on how many there are.

    The file has no name and is gone when the block ends, also in a process that is killed.
    """

    def __enter__(self) -> "LabelSpool":
        try:
            self._file = tempfile.TemporaryFile()
        except OSError as error:
            raise _unwritable(error) from error
        self.num_frames = 0
        self._shape: tuple[int, ...] = ()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, labels: UInt8[np.ndarray, "H W"]) -> None:
        """Add the labels of the next frame; all have one size.

        Raises
        ------
        InputError
            If the folder for temporary files cannot take them.
        """
        packed = zlib.compress(labels.tobytes(), level=1)
        try:
            self._file.write(len(packed).to_bytes(_LENGTH_BYTES, "little") + packed)
        except OSError as error:
            raise _unwritable(error) from error
        self._shape = labels.shape
        self.num_frames += 1

    def read(self) -> Iterator[UInt8[np.ndarray, "H W"]]:
        """Yield all labels from the first on; one frame is held at a time."""
        try:
            self._file.seek(0)
        except OSError as error:  # what was buffered is written now
            raise _unwritable(error) from error
        for _ in range(self.num_frames):
            length = int.from_bytes(self._file.read(_LENGTH_BYTES), "little")
            values = np.frombuffer(zlib.decompress(self._file.read(length)), np.uint8)
            yield values.reshape(self._shape)


def _unwritable(error: OSError) -> InputError:
    return InputError(
        f"expected room for propagated masks in the folder for temporary files, {tempfile.gettempdir()}: "
        f"{error.strerror or error}; TMPDIR names another"
    )
