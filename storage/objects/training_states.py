"""States of unfinished training runs, from which they resume; removed when the checkpoint exists.

The path is ``training/DATASET/KEY/STEP-DIGEST.safetensors``: the dataset, the key under which the checkpoint
will be found, the number of steps that are done, and the SHA-256 of the file. A state is written atomically,
and the state before it is removed afterwards.
"""

import re
from contextlib import suppress
from typing import NamedTuple

import obstore
from obstore.store import ObjectStore as Backend

from shls_core.errors import ObjectMissing
from storage.canonical import digest_bytes
from storage.files.failures import store_errors
from storage.files.inventory import list_files
from storage.files.reading import LARGEST_FILE, read, read_again
from storage.files.writing import write

FOLDER = "training"
_PATH = re.compile(r"training/([0-9a-f]{64})/([0-9a-f]{64})/([0-9]{9})-([0-9a-f]{64})\.safetensors")


class StatePath(NamedTuple):
    """The path of a state, and the facts in it."""

    path: str
    dataset: str
    key: str
    step: int
    digest: str


class SavedState(NamedTuple):
    """A state that was read."""

    step: int
    digest: str
    data: bytes


class TrainingStates:
    """The states of one run.

    Parameters
    ----------
    backend
        The store, or any other folder.
    dataset
        Id of the dataset it trains on.
    key
        Digest of everything that determines its result.
    """

    def __init__(self, backend: Backend, dataset: str, key: str) -> None:
        self._backend = backend
        self._folder = f"{FOLDER}/{dataset}/{key}"

    def put(self, step: int, data: bytes) -> None:
        """Write the state after a step, then remove those of other steps.

        Raises
        ------
        StoreUnwritable, StoreUnreachable
        """
        path = f"{self._folder}/{step:09d}-{digest_bytes(data)}.safetensors"
        write(self._backend, path, data)
        self._remove(kept=path)

    def newest(self) -> SavedState | None:
        """Return the state with the most steps among those that match their digest, or None."""
        for state in sorted(self._states(), key=lambda state: state.step, reverse=True):
            with suppress(ObjectMissing), store_errors(f"expected to read {state.path} of the store"):
                data = read(self._backend, state.path, LARGEST_FILE)
                if digest_bytes(data) == state.digest:
                    return SavedState(state.step, state.digest, data)
        return None

    def newest_path(self) -> StatePath | None:
        """Return the path of the state with the most steps, without reading it, or None."""
        return max(self._states(), key=lambda state: state.step, default=None)

    def discard(self) -> None:
        """Remove all of them."""
        self._remove(kept=None)

    def _states(self) -> list[StatePath]:
        return training_states(self._backend, self._folder)

    def _remove(self, kept: str | None) -> None:
        gone = [state.path for state in self._states() if state.path != kept]
        with suppress(ObjectMissing), store_errors(f"expected to remove files of {self._folder}"):
            if gone:
                read_again(lambda: obstore.delete(self._backend, gone))


def training_states(backend: Backend, folder: str = FOLDER) -> list[StatePath]:
    """List the states of all runs, or of those under a folder of the store."""
    matches = (_PATH.fullmatch(path) for path, *_ in list_files(backend, folder))
    return [StatePath(match[0], match[1], match[2], int(match[3]), match[4]) for match in matches if match]
