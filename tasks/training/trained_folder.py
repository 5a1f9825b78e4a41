"""A checkpoint outside any store: a folder of ``weights.safetensors`` and, written last, ``record.json``."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.files.foreign_file import LARGEST_WEIGHTS, read_regular
from shls_core.files.foreign_json import strict_json
from shls_core.files.whole_file import write_whole
from shls_core.frozen import first_problem
from storage.canonical import canonical_json, digest_bytes, short
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import record_id
from tasks.training.learn import Learned

_WEIGHTS, _RECORD = "weights.safetensors", "record.json"


def write_trained(folder: Path, learned: Learned) -> None:
    """Write a checkpoint into a folder."""
    write_whole(folder / _WEIGHTS, learned.weights)
    write_whole(folder / _RECORD, canonical_json(learned.record.model_dump(mode="json")))


def read_trained(folder: Path) -> Learned:
    """Read the checkpoint in a folder.

    Raises
    ------
    InputError
        If there is none.
    ObjectCorrupted
        If the weights are not those of the record.
    """
    try:
        data = read_regular(folder / _RECORD)
        strict_json(data)
        record = CheckpointRecord.model_validate_json(data)
        weights = read_regular(folder / _WEIGHTS, LARGEST_WEIGHTS)
    except OSError as error:
        raise InputError(
            f"expected a trained checkpoint in {folder}: {error.filename}: {error.strerror}"
        ) from error
    except ValueError as error:
        what = first_problem(error) if isinstance(error, ValidationError) else error
        raise InputError(
            f"expected the record of a checkpoint in {folder / _RECORD}, got another file: {what}"
        ) from error
    if digest_bytes(weights) != record.weights:
        raise ObjectCorrupted(
            f"expected weights {short(record.weights)}… in {folder / _WEIGHTS}, "
            f"got {short(digest_bytes(weights))}…: the file was changed or cut short"
        )
    return Learned(record, weights)


def is_trained(folder: Path, facts: dict[str, Any]) -> str | None:
    """Return the id of the checkpoint in a folder if it is the one of some facts; None if there is none.

    Raises
    ------
    InputError
        If the folder holds another one.
    """
    if not (folder / _RECORD).exists():
        return None
    record = read_trained(folder).record
    if not facts.items() <= record.model_dump(mode="json").items():
        raise InputError(
            f"expected a new folder or one of this training, found another checkpoint in {folder}"
        )
    return record_id(record)
